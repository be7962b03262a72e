#include "auth_password.hpp"
#include "names.hpp"
#include "password_rules.hpp"

#include <vector>

using namespace auth_password; // NOLINT(google-build-using-namespace)

namespace {

std::string new_display_name(const host& with, const register_params& p) {
  if (p.display_name) return *p.display_name;
  if (p.name) return *p.name;
  std::array<unsigned char, 3> random{};
  random_bytes(with, random.data(), random.size());
  return anonymous_display_name(random);
}

} // namespace

task<tokens> auth_password_logins::register_(call& c, register_params p) {
  if (config().registration == "closed") {
    co_return registration_closed("This server takes no new accounts.");
  }
  const std::string name = normalised(p.name.value_or(""));
  const std::string email = normalised(p.email.value_or(""));
  if (name.empty() && email.empty()) {
    co_return name_or_email_required("Give a name, an email or both.");
  }
  const std::string display_name = new_display_name(host(), p);
  const std::vector<std::string> personal{name, email, display_name};
  const std::string weak =
      weakness(p.password, static_cast<std::size_t>(config().min_password_length), personal);
  if (!weak.empty()) co_return weak_password(weak, "/password");

  // Registering tells whether a name is taken, so asking often has its price too.
  const std::string address = network_of(c.remote());
  const auto wait = by_address_.wait_ms(address, c.now_ms());
  if (wait > 0) co_return too_many_attempts("Too many attempts; wait a little.", {}, wait);
  by_address_.begin(address, c.now_ms());

  const std::string hash = co_await hash_of(c, p.password);
  batch b(c);
  const std::string account = create_account(c, b, name, display_name);
  for (const std::string& login : {name, email}) {
    if (login.empty()) continue;
    const logins_key key(login);
    b.require_absent(key);
    b.put(logins_record(login, account, hash));
  }
  const auto committed = co_await attempt(b.commit());
  if (committed.failed_with(PARLEY_E_CONFLICT)) co_return co_await taken(c, name, email);
  if (!committed) co_return committed.error();
  by_address_.take_back(address);
  const std::string device = p.device.value_or("");
  co_return co_await open_session<tokens>(c, account, device);
}

task<tokens> auth_password_logins::taken(call& c, std::string name, std::string email) {
  const logins_key key(email);
  const std::optional<logins_record> known =
      email.empty() ? std::optional<logins_record>() : co_await get(c, key);
  if (known) co_return name_taken("This email has an account already.", "/email");
  co_return name_taken("This name is taken; choose another one.", "/name");
}
