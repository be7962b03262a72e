#include "node/master_keys_from.hpp"

namespace parley {

storage::master_keys master_keys_from(const config::config& from, std::string& why) {
  storage::master_keys out;
  for (std::size_t i = 0; i < from.master_keys.size(); ++i) {
    const config::master_key& each = from.master_keys[i];
    std::string wrong;
    auto key = each.file.empty() ? storage::read_master_key(std::string_view(each.key), wrong)
                                 : storage::read_master_key(each.file, wrong);
    if (!key) {
      why = (each.file.empty() ? "storage.master_keys[" + std::to_string(i) + "].key"
                               : "the master key " + each.file.string()) +
            " " + wrong;
      return {};
    }
    out.push_back(std::move(key));
  }
  return out;
}

} // namespace parley
