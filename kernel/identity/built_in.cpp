#include "identity/built_in.hpp"

#include "identity.plugin.hpp"

namespace {

profile shown(const principals_record& record) {
  profile out(record.id, record.kind, record.display_name);
  out.name = record.name;
  return out;
}

// Stored names are lower-case, so that is what a search means.
std::string lower_case(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return text;
}

class account_methods final : public identity_plugin {
  task<profile> me(call& c, me_params) override { return read(c, c.account()); }

  task<profile> get_(call& c, get_params p) override { return read(c, p.account); }

  task<find_result> find(call& c, find_params p) override {
    const std::string prefix = lower_case(p.name);
    // Names are printable ASCII: DEL is behind every one that begins with the prefix.
    const page<principals_record> found = co_await parley::range<principals_record>(c)
                                              .index("by_name")
                                              .from(prefix)
                                              .before(prefix + '\x7f')
                                              .limit(p.limit);
    find_result out;
    out.more = found.more;
    for (const principals_record& each : found.items) out.items.push_back(shown(each));
    co_return out;
  }

 private:
  static task<profile> read(call& c, std::string account) {
    const principals_key key(account);
    const auto record = co_await parley::get(c, key);
    if (!record) co_return not_found("There is no such account.", "/account");
    co_return shown(*record);
  }
};

} // namespace

PARLEY_BUILT_IN_PLUGIN(account_methods, parley_identity_entry)
