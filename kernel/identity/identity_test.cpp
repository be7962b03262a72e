#include "identity/identity.hpp"

#include "env/virtual.hpp"
#include "identity/memory_engine_test.hpp"
#include "parley/call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::identity {
namespace {

namespace json = boost::json;
using testing::ElementsAre;
using testing::IsEmpty;
using names = std::vector<std::string>;

// A host with one batch (1), one call (1) and one value (1).
class one_call_host final : public host_access {
 public:
  explicit one_call_host(memory_engine& store) : store_(store) {}

  void open_batch() { batch_ = store_.begin(); }
  void commit() {
    store_.commit(std::move(batch_), [this](const storage::commit_result& result) {
      if (result.why.code == storage::status::ok) {
        for (auto& action : std::exchange(actions_, {})) action();
      }
      committed = result.why.code;
    });
  }

  storage::batch* writes(parley_batch batch) override {
    return batch == 1 ? batch_.get() : nullptr;
  }
  void after_commit(parley_batch, std::function<void()> action) override {
    actions_.push_back(std::move(action));
  }
  const json::value* value(parley_value handle) override {
    return handle == 1 ? &profile : nullptr;
  }
  std::uint64_t begin_operation(parley_call call, parley_done, void*) override {
    return call == 1 ? ++operations_ : 0;
  }
  void complete(std::uint64_t, json::value result) override { results.push_back(result); }
  void fail(std::uint64_t, const dispatch::error& why) override { errors.push_back(why.code); }
  cause cause_of(parley_batch) override { return {}; }
  void run_hook(std::string_view name, json::object payload, const cause&,
                hook_done done) override {
    hooks.emplace_back(name);
    payloads.push_back(payload);
    if (!done) return;
    if (denial) return done(denial, {});
    if (!principal.empty()) payload["principal"] = principal;
    if (!session.empty()) payload["session"] = session;
    done(std::nullopt, std::move(payload));
  }

  json::value profile;
  storage::status committed = storage::status::invalid;
  names hooks;
  std::vector<json::object> payloads;
  std::optional<dispatch::error> denial;
  std::string principal, session; // whose the credential is
  std::vector<json::value> results;
  names errors;

 private:
  memory_engine& store_;
  std::unique_ptr<storage::batch> batch_;
  std::vector<std::function<void()>> actions_;
  std::uint64_t operations_ = 0;
};

class identity_service : public testing::Test {
 protected:
  identity_service() { start(); }

  // A restart of the server on the same store.
  void start(const std::vector<configured_role>& configured = {{"keeper", {"*"}, {"alice"}}}) {
    service_.reset();
    std::vector<role_problem> problems;
    service_ = std::make_unique<service>(
        settings{}, role_table({{"write", "server", {"user"}}}, configured, problems), clock_,
        random_, store_, host_);
    service_->on_revoked = [this](std::string_view session) { revoked_.emplace_back(session); };
    std::optional<std::string> problem;
    service_->start([&](std::string why) { problem = why; });
    loop_.run_until_idle();
    ASSERT_EQ(problem, "");
  }

  std::string account(json::object profile) {
    host_.open_batch();
    host_.profile = std::move(profile);
    char id[36];
    EXPECT_EQ(identity_api().create(1, 1, id), PARLEY_OK);
    host_.commit();
    loop_.run_until_idle();
    return std::string(id, 36);
  }
  std::optional<session_tokens> open(const std::string& account) {
    std::optional<session_tokens> got;
    service_->open_sessions()->open(account, "a test", [&](auto tokens, auto why) {
      got = std::move(tokens);
      error_ = why ? why->code : "";
    });
    loop_.run_until_idle();
    return got;
  }
  std::optional<session_tokens> refresh(const std::string& token) {
    std::optional<session_tokens> got;
    service_->open_sessions()->refresh(token, [&](auto tokens, auto why) {
      got = std::move(tokens);
      error_ = why ? why->code : "";
    });
    loop_.run_until_idle();
    return got;
  }
  dispatch::session_ptr enter(const std::string& scheme, const std::string& credential) {
    dispatch::session_ptr got;
    service_->authenticate(scheme, credential, "127.0.0.1", [&](auto session, auto why) {
      got = std::move(session);
      error_ = why ? why->code : "";
    });
    loop_.run_until_idle();
    return got;
  }
  dispatch::session_ptr bearer(const std::string& token) { return enter("Bearer", token); }

  env::virtual_clock clock_;
  env::virtual_loop loop_{clock_};
  env::seeded_random random_{7};
  memory_engine store_{loop_};
  one_call_host host_{store_};
  std::unique_ptr<service> service_;
  names revoked_;
  std::string error_;
};

TEST_F(identity_service, lets_in_who_has_a_token_without_reading_the_store) {
  const auto id = account({{"name", "alice"}, {"display_name", "Alice"}});
  const auto tokens = open(id);
  ASSERT_TRUE(tokens);
  const auto reads = store_.reads;
  const auto session = bearer(tokens->access_token);
  ASSERT_TRUE(session);
  EXPECT_EQ(session->principal, id);
  EXPECT_EQ(session->id, tokens->session);
  EXPECT_EQ(session->kind, PARLEY_USER);
  EXPECT_THAT(session->roles, ElementsAre("user", "keeper"));
  EXPECT_EQ(session->expires_ms, tokens->access_expires_ms);
  EXPECT_TRUE(enter("bEARER", tokens->access_token));
  EXPECT_EQ(store_.reads, reads);
  EXPECT_THAT(host_.hooks, ElementsAre("account.created"));
}

TEST_F(identity_service, refuses_what_is_no_token_of_its_own) {
  EXPECT_FALSE(bearer("nonsense"));
  EXPECT_EQ(error_, "unauthenticated");
  EXPECT_FALSE(bearer(""));
  EXPECT_FALSE(enter("", "x"));
  EXPECT_FALSE(enter("Basic", std::string(5000, 'x')));
  EXPECT_THAT(host_.hooks, IsEmpty());
}

TEST_F(identity_service, refuses_an_expired_token) {
  const auto tokens = open(account({{"display_name", "A"}}));
  clock_.advance(std::chrono::minutes(15));
  EXPECT_FALSE(bearer(tokens->access_token));
  EXPECT_EQ(error_, "unauthenticated");
}

TEST_F(identity_service, keeps_its_keys_over_a_restart) {
  const auto tokens = open(account({{"display_name", "A"}}));
  start();
  EXPECT_TRUE(bearer(tokens->access_token));
  EXPECT_TRUE(refresh(tokens->refresh_token));
  EXPECT_EQ(store_.count("identity.secrets"), 2U);
}

TEST_F(identity_service, takes_the_key_that_another_node_stored_first) {
  memory_engine shared(loop_);
  std::vector<std::string> problems;
  service one({}, {}, clock_, random_, shared, host_);
  service two({}, {}, clock_, random_, shared, host_);
  one.start([&](std::string why) { problems.push_back(why); });
  two.start([&](std::string why) { problems.push_back(why); });
  loop_.run_until_idle();
  EXPECT_THAT(problems, ElementsAre("", ""));
  account_record person{{}, PARLEY_USER, {}, "A", {}, {}};
  auto writes = shared.begin();
  one.people().create(*writes, person);
  shared.commit(std::move(writes), [](const auto&) {});
  std::optional<session_tokens> tokens;
  one.open_sessions()->open(person.id, "", [&](auto got, auto) { tokens = got; });
  loop_.run_until_idle();
  ASSERT_TRUE(tokens);
  EXPECT_TRUE(two.open_sessions()->check(tokens->access_token));
  EXPECT_TRUE(two.open_sessions()->knows(tokens->refresh_token));
}

TEST_F(identity_service, does_not_start_without_storage) {
  store_.failing = true;
  service other({}, {}, clock_, random_, store_, host_);
  std::string problem;
  other.start([&](std::string why) { problem = why; });
  loop_.run_until_idle();
  EXPECT_THAT(problem, testing::HasSubstr("the disk is gone"));
  other.authenticate("Bearer", "x", "", [&](auto, auto why) { error_ = why->code; });
  EXPECT_EQ(error_, "unavailable");
}

TEST_F(identity_service, opens_no_session_for_nobody) {
  EXPECT_FALSE(open("no-such-account"));
  EXPECT_EQ(error_, "not_found");
}

TEST_F(identity_service, refreshes_from_token_to_token) {
  const auto first = open(account({{"name", "alice"}, {"display_name", "A"}}));
  const auto second = refresh(first->refresh_token);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->session, first->session);
  EXPECT_TRUE(refresh(second->refresh_token));
  EXPECT_THAT(bearer(second->access_token)->roles, ElementsAre("user", "keeper"));
}

TEST_F(identity_service, revokes_a_session_whose_spent_token_comes_back) {
  const auto first = open(account({{"display_name", "A"}}));
  const auto second = refresh(first->refresh_token);
  const auto third = refresh(second->refresh_token);
  EXPECT_FALSE(refresh(first->refresh_token));
  EXPECT_EQ(error_, "forbidden");
  EXPECT_THAT(revoked_, ElementsAre(first->session));
  EXPECT_FALSE(bearer(third->access_token));
  EXPECT_FALSE(refresh(third->refresh_token));
  start();
  EXPECT_FALSE(bearer(third->access_token));
}

TEST_F(identity_service, does_not_touch_the_store_for_a_made_up_token) {
  const auto first = open(account({{"display_name", "A"}}));
  const auto reads = store_.reads;
  EXPECT_FALSE(refresh("r1." + first->session + ".AAAA"));
  EXPECT_EQ(error_, "forbidden");
  EXPECT_EQ(store_.reads, reads);
  EXPECT_TRUE(refresh(first->refresh_token));
}

TEST_F(identity_service, decides_anew_where_another_refresh_came_between) {
  const auto first = open(account({{"display_name", "A"}}));
  std::vector<session_tokens> both;
  for (int i = 0; i < 2; ++i) {
    service_->open_sessions()->refresh(first->refresh_token, [&](auto tokens, auto) {
      if (tokens) both.push_back(*tokens);
    });
  }
  loop_.run_until_idle();
  ASSERT_EQ(both.size(), 2U);
  EXPECT_NE(both[0].refresh_token, both[1].refresh_token);
  // Either is good, and using one ends the other.
  EXPECT_TRUE(refresh(both[0].refresh_token));
  EXPECT_FALSE(refresh(both[1].refresh_token));
  EXPECT_THAT(revoked_, ElementsAre(first->session));
}

TEST_F(identity_service, issues_nothing_for_a_session_that_is_closed_meanwhile) {
  const auto first = open(account({{"display_name", "A"}}));
  // Both are read before either is written; the close is written first.
  std::optional<session_tokens> issued;
  service_->open_sessions()->refresh(first->refresh_token, [&](auto got, auto why) {
    issued = std::move(got);
    error_ = why ? why->code : "";
  });
  service_->open_sessions()->close(first->session, [](auto) {});
  loop_.run_until_idle();
  EXPECT_FALSE(issued);
  EXPECT_EQ(error_, "forbidden");
  EXPECT_FALSE(refresh(first->refresh_token));
  EXPECT_FALSE(bearer(first->access_token));
}

TEST_F(identity_service, closes_a_session_for_good) {
  const auto tokens = open(account({{"display_name", "A"}}));
  std::vector<std::string> ends;
  const auto close = [&](const std::string& session) {
    service_->open_sessions()->close(session,
                                     [&](auto why) { ends.push_back(why ? why->code : ""); });
    loop_.run_until_idle();
  };
  close(tokens->session);
  close(tokens->session);
  close("no-such-session");
  EXPECT_THAT(ends, ElementsAre("", "", "not_found"));
  EXPECT_THAT(revoked_, ElementsAre(tokens->session));
  EXPECT_TRUE(service_->is_revoked(tokens->session));
  EXPECT_FALSE(service_->is_revoked("no-such-session"));
  EXPECT_FALSE(bearer(tokens->access_token));
  EXPECT_FALSE(refresh(tokens->refresh_token));
}

TEST_F(identity_service, ends_a_session_that_nobody_refreshed) {
  const auto tokens = open(account({{"display_name", "A"}}));
  clock_.advance(std::chrono::hours(24 * 29));
  const auto later = refresh(tokens->refresh_token);
  ASSERT_TRUE(later);
  clock_.advance(std::chrono::hours(24 * 30));
  EXPECT_FALSE(refresh(later->refresh_token));
  EXPECT_EQ(error_, "forbidden");
  EXPECT_THAT(revoked_, IsEmpty());
}

TEST_F(identity_service, removes_sessions_that_have_expired) {
  const auto id = account({{"display_name", "A"}});
  const auto old = open(id);
  const auto kept = open(id);
  open(id);
  clock_.advance(std::chrono::hours(24 * 20));
  const auto renewed = refresh(kept->refresh_token);
  clock_.advance(std::chrono::hours(24 * 11)); // 30 days are the default
  const auto later = open(id);
  store_.page = 1;
  for (int i = 0; i < 5; ++i) { // round and round, also over what is not there any more
    service_->tidy();
    loop_.run_until_idle();
  }
  EXPECT_EQ(store_.count("identity.sessions"), 2U);
  EXPECT_FALSE(refresh(old->refresh_token));
  EXPECT_EQ(error_, "forbidden");
  EXPECT_TRUE(refresh(renewed->refresh_token));
  EXPECT_TRUE(refresh(later->refresh_token));
}

TEST_F(identity_service, leaves_a_session_that_is_used_while_it_would_be_removed) {
  const auto first = open(account({{"display_name", "A"}}));
  clock_.advance(std::chrono::hours(24 * 30) - std::chrono::seconds(1));
  service_->open_sessions()->refresh(first->refresh_token, [](auto, auto) {});
  loop_.run_until_idle();
  clock_.advance(std::chrono::hours(1));
  service_->tidy();
  loop_.run_until_idle();
  EXPECT_EQ(store_.count("identity.sessions"), 1U);
}

TEST_F(identity_service, reads_all_that_was_revoked_in_pages) {
  std::vector<session_tokens> all;
  const auto id = account({{"display_name", "A"}});
  for (int i = 0; i < 7; ++i) {
    all.push_back(*open(id));
    service_->open_sessions()->close(all.back().session, [](auto) {});
    if (i % 3 == 0) clock_.advance(std::chrono::milliseconds(5));
  }
  loop_.run_until_idle();
  store_.page = 2;
  start();
  for (const auto& each : all) EXPECT_FALSE(bearer(each.access_token));
  EXPECT_TRUE(bearer(open(id)->access_token));
}

TEST_F(identity_service, tells_of_an_account_only_once_it_is_stored) {
  account({{"name", "alice"}, {"display_name", "Alice"}});
  ASSERT_THAT(host_.hooks, ElementsAre("account.created"));
  EXPECT_EQ(host_.payloads[0].at("name"), "alice");
  account({{"name", "alice"}, {"display_name", "Another"}});
  EXPECT_EQ(host_.committed, storage::status::conflict);
  EXPECT_THAT(host_.hooks, ElementsAre("account.created"));
}

TEST_F(identity_service, refuses_names_that_could_mislead) {
  host_.open_batch();
  char id[36];
  for (const char* name : {"Alice", "a", "-alice", "al ice", "al@ice", "\xd0\xb0lice"}) {
    host_.profile = json::object{{"name", name}, {"display_name", "A"}};
    EXPECT_EQ(identity_api().create(1, 1, id), PARLEY_E_INVALID) << name;
  }
  host_.profile = json::object{{"name", "alice"}};
  EXPECT_EQ(identity_api().create(1, 1, id), PARLEY_E_INVALID);
  EXPECT_EQ(identity_api().create(2, 1, id), PARLEY_E_STALE);
  EXPECT_EQ(identity_api().create(1, 2, id), PARLEY_E_STALE);
}

TEST_F(identity_service, asks_the_hook_about_other_schemes) {
  const auto id = account({{"name", "alice"}, {"display_name", "A"}});
  EXPECT_FALSE(enter("Basic", "x")); // nobody answers
  EXPECT_EQ(error_, "unauthenticated");
  host_.principal = id;
  const auto session = enter("Basic", "x");
  ASSERT_TRUE(session);
  EXPECT_EQ(session->principal, id);
  EXPECT_THAT(session->roles, ElementsAre("user", "keeper"));
  EXPECT_EQ(host_.payloads.back().at("remote"), "127.0.0.1");
  host_.principal = "somebody-else";
  EXPECT_FALSE(enter("Basic", "x"));
  host_.denial = dispatch::error{"too_many_attempts", "Later.", "", 1000, true};
  EXPECT_FALSE(enter("Basic", "x"));
  EXPECT_EQ(error_, "too_many_attempts");
}

TEST_F(identity_service, lets_in_by_a_session_that_is_open) {
  const auto id = account({{"name", "alice"}, {"display_name", "A"}});
  const auto tokens = open(id);
  host_.session = tokens->session;
  const auto session = enter("Card", "x");
  ASSERT_TRUE(session);
  EXPECT_EQ(session->principal, id);
  EXPECT_EQ(session->id, tokens->session);
  EXPECT_EQ(session->expires_ms, tokens->refresh_expires_ms);
  EXPECT_THAT(session->roles, ElementsAre("user", "keeper"));
  service_->open_sessions()->close(tokens->session, [](const auto&) {});
  loop_.run_until_idle();
  EXPECT_FALSE(enter("Card", "x")) << "it was closed";
  EXPECT_EQ(error_, "unauthenticated");
  host_.session = "somebody-elses";
  EXPECT_FALSE(enter("Card", "x"));
}

TEST_F(identity_service, makes_a_bot_once) {
  std::vector<std::string> ids;
  std::string problem;
  const auto ensure = [&](const std::string& plugin, const std::string& shown) {
    service_->ensure_bot(plugin, "greeter", shown, [&](auto session, auto why) {
      ids.push_back(session ? session->principal : "");
      if (session) EXPECT_THAT(session->roles, ElementsAre("bot"));
      problem = why;
    });
    loop_.run_until_idle();
  };
  ensure("welcome", "Welcome");
  start();
  ensure("welcome", "Hello");
  EXPECT_FALSE(ids[0].empty());
  EXPECT_EQ(ids[0], ids[1]);
  EXPECT_EQ(problem, "");
  ensure("another", "Hello");
  EXPECT_EQ(ids[2], "");
  EXPECT_THAT(problem, testing::HasSubstr("greeter"));
  EXPECT_EQ(store_.count("identity.principals"), 1U);
}

TEST_F(identity_service, does_not_take_a_persons_account_for_a_bot) {
  account({{"name", "greeter"}, {"display_name", "A person"}});
  std::string problem;
  service_->ensure_bot("welcome", "greeter", "Welcome", [&](auto, auto why) { problem = why; });
  loop_.run_until_idle();
  EXPECT_THAT(problem, testing::HasSubstr("belongs to another account"));
}

TEST_F(identity_service, finds_accounts_by_the_beginning_of_their_names) {
  for (const char* name : {"bob", "alice", "alina", "al", "alz", "am"}) {
    account({{"name", name}, {"display_name", "A"}});
  }
  account({{"display_name", "Nameless"}});
  names found;
  bool more = false;
  const auto find = [&](const char* prefix, std::uint32_t limit) {
    service_->people().find(prefix, limit, [&](auto, auto records, bool rest) {
      found.clear();
      for (const auto& each : records) found.push_back(each.name);
      more = rest;
    });
    loop_.run_until_idle();
  };
  find("al", 10);
  EXPECT_THAT(found, ElementsAre("al", "alice", "alina", "alz"));
  EXPECT_FALSE(more);
  find("al", 2);
  EXPECT_THAT(found, ElementsAre("al", "alice"));
  EXPECT_TRUE(more);
}

TEST_F(identity_service, serves_the_c_interface) {
  const auto id = account({{"display_name", "A"}});
  const auto& api = identity_api();
  const auto str = [](const std::string& text) { return parley_str{text.data(), text.size()}; };
  EXPECT_EQ(api.open_session(2, str(id), {}, nullptr, nullptr), PARLEY_E_STALE);
  EXPECT_EQ(api.open_session(1, {}, {}, nullptr, nullptr), PARLEY_E_INVALID);
  ASSERT_EQ(api.open_session(1, str(id), {}, nullptr, nullptr), PARLEY_OK);
  EXPECT_THAT(host_.results, IsEmpty()); // never from inside the call
  loop_.run_until_idle();
  ASSERT_EQ(host_.results.size(), 1U);
  const auto& tokens = host_.results[0].as_object();
  const std::string token(tokens.at("refresh_token").as_string());
  const std::string session(tokens.at("session").as_string());
  EXPECT_EQ(tokens.at("account").as_string(), id);
  EXPECT_TRUE(bearer(std::string(tokens.at("access_token").as_string())));

  EXPECT_EQ(api.refresh_session(1, str("made up"), nullptr, nullptr), PARLEY_E_FORBIDDEN);
  ASSERT_EQ(api.refresh_session(1, str(token), nullptr, nullptr), PARLEY_OK);
  loop_.run_until_idle();
  EXPECT_EQ(host_.results.size(), 2U);
  ASSERT_EQ(api.close_session(1, str(session), nullptr, nullptr), PARLEY_OK);
  loop_.run_until_idle();
  EXPECT_EQ(host_.results.size(), 3U);
  ASSERT_EQ(api.refresh_session(1, str(token), nullptr, nullptr), PARLEY_OK);
  loop_.run_until_idle();
  EXPECT_THAT(host_.errors, ElementsAre("forbidden"));

  service_->stop();
  EXPECT_EQ(api.open_session(1, str(id), {}, nullptr, nullptr), PARLEY_E_UNAVAILABLE);
}

} // namespace
} // namespace parley::identity
