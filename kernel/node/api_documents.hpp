#pragma once

// The documents of what clients can call and receive, of the generation that is served now. Made
// when somebody first asks, beside the logic thread, and then kept until the next generation.

#include "dispatch/registry.hpp"
#include "documents.hpp"
#include "env/env.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley {

// Everything on the logic loop.
class api_documents {
 public:
  using found = std::shared_ptr<const dispatch::file>;

  api_documents(env::loop& logic, env::workers& pool, documents::about about)
      : logic_(logic), pool_(pool), about_(std::move(about)) {}

  void renew(std::shared_ptr<const dispatch::registry> current);
  void give(std::string_view path, std::function<void(found)> then);

 private:
  struct pair {
    found openapi, asyncapi;
    const found& of(std::string_view path) const {
      return path == "/v1/openapi.json" ? openapi : asyncapi;
    }
  };
  static pair make(const dispatch::registry& of, const documents::about& about);
  void begin();
  void made(std::uint64_t generation, pair what);
  void answer();

  env::loop& logic_;
  env::workers& pool_;
  documents::about about_;
  std::shared_ptr<const dispatch::registry> current_;
  pair ready_; // of `current_`, or empty
  bool under_way_ = false;
  std::vector<std::pair<std::string, std::function<void(found)>>> waiting_;
};

} // namespace parley
