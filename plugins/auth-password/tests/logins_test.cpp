// The plugin on a host in memory, with accounts and sessions that only take notes.

#include "fake_host.hpp"

#include "parley/draft/identity.h"

#include <gtest/gtest.h>

#include <cstring>

extern "C" parley_status parley_plugin_entry_v1(const parley_host* host, parley_plugin* out);

namespace {

namespace json = boost::json;

fake::host* host_of_test = nullptr;
std::int64_t now = 1'795'248'930'123;

std::string text(parley_str from) {
  return std::string(from.ptr ? from.ptr : "", from.len);
}

parley_status create(parley_batch batch, parley_value profile, char id[36]) {
  const std::string made = "account-000000000000000000000000000" +
                           std::to_string(host_of_test->tables["principals"].size() % 10);
  std::memcpy(id, made.data(), 36);
  json::value record = *host_of_test->find(profile);
  record.as_object()["id"] = made;
  host_of_test->batches[batch].writes.push_back(
      {"put", "principals", json::array{made}, std::move(record)});
  return PARLEY_OK;
}

fake::outcome tokens(const std::string& account) {
  return {PARLEY_OK,
          {{"account", account},
           {"session", "s"},
           {"access_token", "a"},
           {"access_expires_at", "2026-11-21T08:15:30.123Z"},
           {"refresh_token", "r"},
           {"refresh_expires_at", "2026-12-21T08:15:30.123Z"}}};
}

parley_status open_session(parley_call call, parley_str account, parley_str, parley_done done,
                           void* user) {
  return host_of_test->begin(call, done, user, [who = text(account)] { return tokens(who); });
}

parley_status refresh_session(parley_call call, parley_str token, parley_done done, void* user) {
  if (text(token) == "made up") return PARLEY_E_FORBIDDEN;
  return host_of_test->begin(call, done, user, [given = text(token)]() -> fake::outcome {
    if (given == "spent") return {PARLEY_E_FORBIDDEN, {{"code", "forbidden"}}};
    return tokens("somebody");
  });
}

parley_status close_session(parley_call call, parley_str, parley_done done, void* user) {
  return host_of_test->begin(call, done, user, [] { return fake::outcome(); });
}

// The host's own, with identity and a clock that the test moves.
const void* (*query_of_host)(const parley_host*, const char*, std::uint32_t) = nullptr;

const void* query(const parley_host* of, const char* name, std::uint32_t min_size) {
  static const parley_identity_api identity{sizeof identity, create, open_session, refresh_session,
                                            close_session};
  static parley_env_api env;
  const std::string_view wanted(name);
  if (wanted == PARLEY_IDENTITY_INTERFACE) return &identity;
  const void* found = query_of_host(of, name, min_size);
  if (wanted != PARLEY_ENV_INTERFACE || !found) return found;
  env = *static_cast<const parley_env_api*>(found);
  env.now_ms = [](const parley_host*) { return now; };
  return &env;
}

class logins : public testing::Test {
 protected:
  logins() {
    host_of_test = &host;
    auto* table = const_cast<parley_host*>(host.c());
    query_of_host = table->query;
    table->query = query;
    host.keys = {{"logins", {"login"}}, {"principals", {"id"}}};
    load({});
  }
  void load(json::object changes) {
    if (loaded) host.unload();
    loaded = true;
    json::object config{{"argon2_memory_mib", 8}, {"argon2_passes", 1}};
    for (const auto& each : changes) config[each.key()] = each.value();
    host.configuration = config;
    ASSERT_EQ(host.load(&parley_plugin_entry_v1), PARLEY_OK);
  }

  // "ok", or the code of the error.
  std::string run(const char* method, const json::object& params) {
    end = host.method(method, params);
    return end.status == PARLEY_OK ? "ok" : end.code;
  }
  std::string join(const json::object& who) {
    json::object params = who;
    if (!params.contains("password")) params["password"] = "blue tram";
    return run("auth.register", params);
  }
  std::string enter(const char* login, const char* password) {
    return run("auth.login", {{"login", login}, {"password", password}});
  }
  std::string ask(const char* scheme, const char* credential) {
    end = host.call(PARLEY_HOOK, "identity.authenticate",
                    {{"scheme", scheme}, {"credential", credential}, {"remote", "192.0.2.1"}});
    return end.status == PARLEY_OK ? "ok" : end.code;
  }
  std::string hash(const char* login) {
    return std::string(host.record("logins", json::array{login})->at("hash").as_string());
  }
  json::object profile() { return host.tables["principals"].back().as_object(); }

  fake::host host;
  bool loaded = false;
  fake::ending end;
};

TEST_F(logins, by_name_or_email_in_any_case) {
  ASSERT_EQ(join({{"name", "Ann"}, {"email", " Ann@Example.org"}}), "ok");
  EXPECT_EQ(profile().at("name").as_string(), "ann");
  EXPECT_EQ(profile().at("display_name").as_string(), "Ann");
  EXPECT_EQ(enter("ANN", "blue tram"), "ok");
  EXPECT_EQ(enter("ann@example.ORG ", "blue tram"), "ok");
  EXPECT_EQ(end.result.at("account"), profile().at("id"));
}

TEST_F(logins, say_nothing_of_an_email) {
  ASSERT_EQ(join({{"email", "ann@example.org"}}), "ok");
  EXPECT_EQ(profile().at("display_name").as_string(), "User 070707");
  EXPECT_FALSE(profile().contains("name"));
}

TEST_F(logins, are_taken_once) {
  ASSERT_EQ(join({{"name", "ann"}, {"email", "ann@example.org"}}), "ok");
  EXPECT_EQ(join({{"name", "ANN"}}), "name_taken");
  EXPECT_EQ(end.field, "/name");
  EXPECT_EQ(join({{"name", "ben"}, {"email", "ann@example.org"}}), "name_taken");
  EXPECT_EQ(end.field, "/email");
  EXPECT_EQ(host.tables["principals"].size(), 1U);
  EXPECT_EQ(enter("ben", "blue tram"), "wrong_login"); // nothing of it was written
}

TEST_F(logins, are_not_made_of_bad_parameters) {
  EXPECT_EQ(join({}), "name_or_email_required");
  EXPECT_EQ(join({{"name", "annabella"}, {"password", "annabella"}}), "weak_password");
  EXPECT_EQ(end.field, "/password");
  load({{"registration", "closed"}});
  EXPECT_EQ(join({{"name", "ann"}}), "registration_closed");
}

TEST_F(logins, that_do_not_exist_fail_like_those_that_do) {
  ASSERT_EQ(join({{"name", "ann"}}), "ok");
  EXPECT_EQ(enter("ann", "red tram"), "wrong_login");
  const std::string sentence = end.message;
  EXPECT_EQ(enter("nobody", "red tram"), "wrong_login");
  EXPECT_EQ(end.message, sentence);
  EXPECT_EQ(enter("nobody", ""), "wrong_login");
}

TEST_F(logins, wait_longer_and_longer_after_failures) {
  ASSERT_EQ(join({{"name", "ann"}}), "ok");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(enter("ann", "red tram"), "wrong_login");
  EXPECT_EQ(enter("ann", "blue tram"), "too_many_attempts");
  EXPECT_EQ(enter("ben", "red tram"), "wrong_login");
  now += 999;
  EXPECT_EQ(enter("ann", "red tram"), "too_many_attempts");
  now += 1;
  EXPECT_EQ(enter("ann", "red tram"), "wrong_login");
  now += 1'999;
  EXPECT_EQ(enter("ann", "blue tram"), "too_many_attempts");
  now += 1;
  EXPECT_EQ(enter("ann", "blue tram"), "ok");
  EXPECT_EQ(enter("ann", "red tram"), "wrong_login"); // forgotten
}

TEST_F(logins, that_come_from_one_address_wait_together) {
  load({{"free_attempts_per_address", 3}});
  for (const char* login : {"a1", "a2", "a3"}) EXPECT_EQ(enter(login, "x"), "wrong_login");
  EXPECT_EQ(enter("a4", "x"), "too_many_attempts");
  EXPECT_EQ(join({{"name", "ann"}}), "too_many_attempts");
  now += 1'000;
  EXPECT_EQ(join({{"name", "ann"}}), "ok");
}

TEST_F(logins, get_a_new_hash_when_its_cost_has_changed) {
  ASSERT_EQ(join({{"name", "ann"}}), "ok");
  const std::string before = hash("ann");
  EXPECT_EQ(enter("ann", "blue tram"), "ok");
  EXPECT_EQ(hash("ann"), before);
  load({{"argon2_passes", 2}});
  EXPECT_EQ(enter("ann", "red tram"), "wrong_login");
  EXPECT_EQ(hash("ann"), before);
  EXPECT_EQ(enter("ann", "blue tram"), "ok");
  EXPECT_NE(hash("ann").find(",t=2,"), std::string::npos) << hash("ann");
  EXPECT_EQ(enter("ann", "blue tram"), "ok");
}

TEST_F(logins, answer_for_http_basic) {
  ASSERT_EQ(join({{"name", "ann"}}), "ok");
  EXPECT_EQ(ask("Digest", "x"), "ok");
  EXPECT_TRUE(end.result.is_null());                     // not ours
  EXPECT_EQ(ask("Basic", "QW5uOmJsdWUgdHJhbQ=="), "ok"); // Ann:blue tram
  ASSERT_TRUE(end.result.is_object());
  EXPECT_EQ(end.result.at("principal"), profile().at("id"));
  EXPECT_EQ(ask("basic", "QW5uOnJlZCB0cmFt"), "unauthenticated"); // Ann:red tram
  EXPECT_EQ(end.status, PARLEY_E_REFUSED);                        // a denial, not a fault
  EXPECT_EQ(ask("Basic", "?"), "unauthenticated");
}

TEST_F(logins, refresh_their_tokens) {
  EXPECT_EQ(run("auth.refresh", {{"refresh_token", "good"}}), "ok");
  EXPECT_EQ(run("auth.refresh", {{"refresh_token", "spent"}}), "wrong_token");
  EXPECT_EQ(run("auth.refresh", {{"refresh_token", "made up"}}), "wrong_token");
  EXPECT_EQ(run("auth.logout", json::object()), "ok");
}

} // namespace
