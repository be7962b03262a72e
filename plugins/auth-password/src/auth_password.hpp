#pragma once

#include "auth-password.plugin.hpp"

#include "attempts.hpp"
#include "password_hash.hpp"

class auth_password_logins final : public auth_password_plugin {
 public:
  auth_password_logins();

  task<tokens> register_(call& c, register_params p) override;
  task<tokens> login(call& c, login_params p) override;
  task<tokens> refresh(call& c, refresh_params p) override;
  task<void> logout(call& c, logout_params p) override;
  task<std::optional<identity_types::identity_authenticate_payload>> on_identity_authenticate(
      call& c, identity_types::identity_authenticate_payload payload) override;

 private:
  // The account that a login and its password belong to. Fails with wrong_login, after the same
  // time whether the login exists or not, or with too_many_attempts.
  task<std::string> check(call& c, std::string login, std::string password, std::string address);
  // How long to wait; 0: the attempt is counted and may be made.
  std::int64_t admit(const std::string& login, const std::string& address, std::int64_t now_ms);
  void take_back(const std::string& login, const std::string& address);

  task<std::string> hash_of(call& c, std::string password);
  // Made anew with today's cost; that it fails is no matter.
  task<void> renew_hash(call& c, logins_record known, std::string password);
  // Fails with what a commit that failed has to say.
  task<tokens> taken(call& c, std::string name, std::string email);

  auth_password::hash_cost cost_;
  std::string dummy_; // checked for logins that do not exist
  auth_password::attempts by_login_;
  auth_password::attempts by_address_;
};
