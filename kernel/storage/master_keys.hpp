#pragma once

// Master keys: what wraps the data keys that sealed fields are encrypted with. The operator keeps
// them, outside of the store. Written as one line: `parley-master-key:` and 32 bytes in base64url.

#include "storage/aead.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley::storage {

class master_key {
 public:
  explicit master_key(const secret& key);

  // 16 hexadecimal digits that tell it from others, and say nothing else of it.
  const std::string& id() const { return id_; }
  // Bound to whom the data key is for and what it is called. Empty: OpenSSL has no memory.
  std::string wrap(const secret& data_key, std::string_view bound_to, nonces& from) const;
  std::optional<secret> unwrap(std::string_view wrapped, std::string_view bound_to) const;

 private:
  aes_gcm cipher_;
  std::string id_;
};

using master_keys = std::vector<std::shared_ptr<const master_key>>; // the first wraps what is new
// Their ids, for a sentence.
std::string ids_of(const master_keys& all);

// Made by `parleyctl keys new`.
std::string written(const secret& key);

// The key that a text, or a file for its owner alone, holds. Where it gives nothing `why` says what
// is wrong.
std::shared_ptr<const master_key> read_master_key(std::string_view text, std::string& why);
std::shared_ptr<const master_key> read_master_key(const std::filesystem::path& file,
                                                  std::string& why);

} // namespace parley::storage
