#include "node/master_keys_from.hpp"

namespace parley {

std::shared_ptr<const storage::master_key> master_key_from(const config::config& from,
                                                           std::size_t index, std::string& why) {
  const config::master_key& named = from.master_keys[index];
  std::string wrong;
  auto key = named.file.empty() ? storage::read_master_key(std::string_view(named.key), wrong)
                                : storage::read_master_key(named.file, wrong);
  if (!key)
    why = (named.file.empty() ? "storage.master_keys[" + std::to_string(index) + "].key"
                              : "the master key " + named.file.string()) +
          " " + wrong;
  return key;
}

storage::master_keys master_keys_from(const config::config& from, std::string& why) {
  storage::master_keys out;
  for (std::size_t i = 0; i < from.master_keys.size(); ++i) {
    auto key = master_key_from(from, i, why);
    if (!key) return {};
    out.push_back(std::move(key));
  }
  return out;
}

} // namespace parley
