#include "backup/key.hpp"

#include "storage/key_file.hpp"

namespace parley::backup {

std::optional<key> read_key(const key_source& from, std::string& why) {
  if (!from.is_there()) return std::nullopt;
  std::string text = from.text;
  if (!from.file.empty()) {
    std::string wrong;
    std::optional<std::string> held = storage::read_key_file(from.file, wrong);
    if (!held) {
      why = "the key file " + from.file.string() + " " + wrong;
      return std::nullopt;
    }
    text = *std::move(held);
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  key out{};
  std::size_t length = 0;
  const char* end = nullptr;
  const bool is_hex =
      sodium_hex2bin(out.data(), out.size(), text.data(), text.size(), nullptr, &length, &end) == 0;
  if (is_hex && length == out.size() && end == text.data() + text.size()) return out;
  why = (from.file.empty() ? std::string("backup.key") : "the key file " + from.file.string()) +
        " has to hold 64 hexadecimal digits, such as `openssl rand -hex 32` gives";
  return std::nullopt;
}

} // namespace parley::backup
