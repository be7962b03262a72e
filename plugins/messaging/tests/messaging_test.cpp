// Messaging on a host in memory: what its batches hold, and what a reader may see.

#include "fake_host.hpp"

#include <gtest/gtest.h>

extern "C" parley_status parley_plugin_entry_v1(const parley_host* host, parley_plugin* out);

namespace {

namespace json = boost::json;

class messaging : public testing::Test {
 protected:
  messaging() {
    host.keys = {{"conversations", {"id"}},
                 {"members", {"conversation", "account"}},
                 {"directs", {"low", "high"}},
                 {"messages", {"conversation", "seq"}}};
    for (const char* each :
         {"message.created", "message.deleted", "member.added", "member.removed"}) {
      host.topic_of_event[each] = "conversation";
    }
    host.topic_of_event["conversation.added"] = "account";
    host.topic_of_event["conversation.removed"] = "account";
    host.configuration = json::object{{"max_members", 3}};
    host.methods["account.get"] = [](const json::value& params) -> fake::outcome {
      const auto& account = params.at("account").as_string();
      if (account == "nobody") return {PARLEY_E_NOT_FOUND, {{"code", "not_found"}}};
      return {PARLEY_OK, {{"id", account}, {"kind", "user"}, {"display_name", account}}};
    };
    EXPECT_EQ(host.load(&parley_plugin_entry_v1), PARLEY_OK);
  }

  fake::ending call(const char* as, const char* method, const json::value& params) {
    host.principal = as;
    return host.method(method, params);
  }
  fake::ending direct(const char* as, const char* with) {
    return call(as, "messaging.direct", {{"account", with}});
  }
  std::string group(const char* as, const json::array& members, json::object more = {}) {
    more["name"] = "Badgers";
    more["members"] = members;
    if (!more.contains("history")) more["history"] = "joined";
    const fake::ending end = call(as, "messaging.create_group", more);
    EXPECT_EQ(end.status, PARLEY_OK) << end.code;
    return end.status == PARLEY_OK ? std::string(end.result.at("id").as_string()) : "";
  }
  fake::ending add(const char* as, const std::string& to, const char* who) {
    return call(as, "messaging.add_member", {{"conversation", to}, {"account", who}});
  }
  fake::ending send(const char* as, const std::string& to, const char* text) {
    return call(as, "messaging.send", {{"conversation", to}, {"id", text}, {"text", text}});
  }
  fake::ending remove(const char* as, const std::string& from, std::int64_t message) {
    return call(as, "messaging.delete", {{"conversation", from}, {"message", message}});
  }
  // The texts in the order of the answer.
  std::string history(const char* as, const std::string& of, json::object more = {}) {
    more["conversation"] = of;
    const fake::ending end = call(as, "messaging.history", more);
    if (end.status != PARLEY_OK) return "status " + std::to_string(end.status);
    std::string out;
    for (const json::value& each : end.result.at("items").as_array()) {
      out += std::string(each.at("text").as_string()) + " ";
    }
    return out + (end.result.at("more").as_bool() ? "…" : "");
  }
  json::value access(const char* who, const std::string& place) {
    return host.call(PARLEY_SCOPE_ACCESS, "conversation", {{"principal", who}, {"place", place}})
        .result;
  }

  fake::host host;
};

TEST_F(messaging, the_same_pair_has_one_direct_conversation) {
  const fake::ending first = direct("ann", "bob");
  ASSERT_EQ(first.status, PARLEY_OK) << first.code;
  EXPECT_EQ(first.result.at("kind"), "direct");
  EXPECT_EQ(direct("bob", "ann").result, first.result);
  EXPECT_EQ(direct("ann", "bob").result, first.result);
  EXPECT_EQ(host.tables["conversations"].size(), 1u);
}

TEST_F(messaging, two_who_begin_at_once_meet) {
  host.principal = "ann";
  const parley_call one = host.enter(PARLEY_METHOD, "messaging.direct", {{"account", "bob"}});
  host.principal = "bob";
  const parley_call other = host.enter(PARLEY_METHOD, "messaging.direct", {{"account", "ann"}});
  host.run();
  ASSERT_EQ(host.ended(one).status, PARLEY_OK) << host.ended(one).code;
  EXPECT_EQ(host.ended(one).result, host.ended(other).result);
  EXPECT_EQ(host.tables["conversations"].size(), 1u);
  EXPECT_EQ(host.tables["members"].size(), 2u);
}

TEST_F(messaging, nobody_writes_to_themselves_or_to_nobody) {
  EXPECT_EQ(direct("ann", "ann").code, "invalid_params");
  EXPECT_EQ(direct("ann", "nobody").code, "not_found");
  EXPECT_EQ(group("ann", {"bob"}).empty(), false);
  const auto refused =
      call("ann", "messaging.create_group", {{"name", "x"}, {"members", {"bob", "nobody"}}});
  EXPECT_EQ(refused.code, "not_found");
  EXPECT_EQ(refused.field, "/members/1");
}

TEST_F(messaging, a_message_is_stored_numbered_and_published) {
  const std::string id(direct("ann", "bob").result.at("id").as_string());
  const fake::ending sent = send("ann", id, "hello");
  ASSERT_EQ(sent.status, PARLEY_OK) << sent.code;
  EXPECT_EQ(sent.result.at("seq"), 3); // after the two who came in
  EXPECT_EQ(sent.result.at("sender"), "ann");
  EXPECT_EQ(host.events.back().event, "message.created");
  EXPECT_EQ(host.events.back().place, id);
  EXPECT_EQ(host.events.back().data, sent.result);
  EXPECT_EQ(host.tables["messages"].at(0), sent.result);
}

TEST_F(messaging, filters_change_the_text_and_nothing_else) {
  const std::string id(direct("ann", "bob").result.at("id").as_string());
  host.hooks["message.before_send"] = [](const json::value& draft) -> fake::outcome {
    if (draft.at("text") == "bad") return {PARLEY_E_REFUSED, {{"code", "word_refused"}}};
    return {PARLEY_OK, {{"conversation", "other"}, {"sender", "mallory"}, {"text", "masked"}}};
  };
  int told = 0;
  host.hooks["message.sent"] = [&](const json::value& message) -> fake::outcome {
    EXPECT_EQ(message.at("seq"), 3);
    ++told;
    return {};
  };
  EXPECT_EQ(send("ann", id, "bad").code, "word_refused");
  EXPECT_TRUE(host.tables["messages"].empty());
  const fake::ending sent = send("ann", id, "good");
  EXPECT_EQ(sent.result.at("text"), "masked");
  EXPECT_EQ(sent.result.at("sender"), "ann");
  EXPECT_EQ(sent.result.at("conversation").as_string(), id);
  EXPECT_EQ(told, 1);
}

TEST_F(messaging, a_join_that_denies_stores_nothing) {
  const std::string id(direct("ann", "bob").result.at("id").as_string());
  host.hooks["message.sending"] = [](const json::value&) -> fake::outcome {
    return {PARLEY_E_UNAVAILABLE, {{"code", "unavailable"}}};
  };
  EXPECT_EQ(send("ann", id, "hello").code, "unavailable");
  EXPECT_TRUE(host.tables["messages"].empty());
}

TEST_F(messaging, history_goes_both_ways) {
  const std::string id(direct("ann", "bob").result.at("id").as_string());
  for (const char* each : {"a", "b", "c", "d"}) send("ann", id, each); // 3 to 6
  EXPECT_EQ(history("bob", id, {{"limit", 2}}), "d c …");
  EXPECT_EQ(history("bob", id, {{"before", 5}, {"limit", 10}}), "b a ");
  EXPECT_EQ(history("bob", id, {{"after", 4}, {"limit", 1}}), "c …");
  EXPECT_EQ(history("bob", id, {{"after", 4}, {"before", 6}, {"limit", 10}}), "c ");
}

TEST_F(messaging, a_deleted_message_is_gone_and_its_number_stays_free) {
  const std::string id(direct("ann", "bob").result.at("id").as_string());
  for (const char* each : {"a", "b", "c"}) send("ann", id, each); // 3 to 5
  EXPECT_EQ(remove("bob", id, 4).code, "forbidden");
  ASSERT_EQ(remove("ann", id, 4).status, PARLEY_OK);
  EXPECT_EQ(history("bob", id), "c a ");
  EXPECT_EQ(host.withdrawn, std::vector<std::string>{"message.created " + id + " 4"});
  EXPECT_EQ(host.events.back().event, "message.deleted");
  EXPECT_EQ(host.events.back().data.at("message"), 4);
  EXPECT_EQ(host.events.back().data.at("by"), "ann");
  EXPECT_EQ(remove("ann", id, 4).code, "not_found");
  EXPECT_EQ(call("bob", "messaging.get_message", {{"conversation", id}, {"message", 4}}).code,
            "not_found");
  EXPECT_EQ(call("bob", "messaging.get_message", {{"conversation", id}, {"message", 5}})
                .result.at("text"),
            "c");
}

TEST_F(messaging, an_owner_deletes_what_others_wrote) {
  const std::string id = group("ann", {"bob"});
  const std::int64_t seq = send("bob", id, "hello").result.at("seq").as_int64();
  EXPECT_EQ(remove("ann", id, seq).status, PARLEY_OK);
  EXPECT_EQ(history("bob", id), "");
}

TEST_F(messaging, what_belongs_to_a_message_goes_with_it_or_nothing_does) {
  const std::string id(direct("ann", "bob").result.at("id").as_string());
  const std::int64_t seq = send("ann", id, "hello").result.at("seq").as_int64();
  int asked = 0, told = 0;
  host.hooks["message.deleting"] = [&](const json::value& message) -> fake::outcome {
    EXPECT_EQ(message.at("text"), "hello");
    // The first time somebody changes what the hook has looked at.
    if (++asked == 1) host.next_commit = PARLEY_E_CONFLICT;
    return {};
  };
  host.hooks["message.deleted"] = [&](const json::value& deletion) -> fake::outcome {
    EXPECT_EQ(deletion.at("message"), seq);
    ++told;
    return {};
  };
  EXPECT_EQ(remove("ann", id, seq).status, PARLEY_OK);
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(told, 1);
  host.hooks["message.deleting"] = [](const json::value&) -> fake::outcome {
    return {PARLEY_E_UNAVAILABLE, {{"code", "unavailable"}}};
  };
  const std::int64_t kept = send("ann", id, "hello").result.at("seq").as_int64();
  EXPECT_EQ(remove("ann", id, kept).code, "unavailable");
  EXPECT_EQ(history("bob", id), "hello ");
}

TEST_F(messaging, what_was_before_a_member_came_is_not_found_by_number) {
  const std::string id = group("ann", {"bob"});
  const std::int64_t before = send("ann", id, "before").result.at("seq").as_int64();
  host.readable_from = before + 1;
  EXPECT_EQ(call("bob", "messaging.get_message", {{"conversation", id}, {"message", before}}).code,
            "not_found");
  EXPECT_EQ(remove("bob", id, before).code, "not_found");
}

TEST_F(messaging, a_new_member_reads_nothing_earlier) {
  const std::string id = group("ann", {"bob"});
  send("ann", id, "before");
  const fake::ending added = add("ann", id, "eve");
  ASSERT_EQ(added.status, PARLEY_OK) << added.code;
  send("ann", id, "after");
  EXPECT_EQ(added.result.at("since"), 4);
  EXPECT_EQ(history("eve", id), "after ");
  EXPECT_EQ(history("eve", id, {{"after", 0}}), "after ");
  EXPECT_EQ(history("bob", id), "after before ");
  EXPECT_EQ(access("eve", id).at("from"), 4);
  EXPECT_EQ(access("eve", id).at("role"), "member");
  EXPECT_EQ(access("ann", id).at("role"), "owner");
  EXPECT_EQ(json::serialize(access("mallory", id)), "{}");
}

TEST_F(messaging, an_open_history_is_read_from_its_beginning) {
  const std::string id = group("ann", {"bob"}, {{"history", "open"}});
  send("ann", id, "before");
  const fake::ending added = add("ann", id, "eve");
  ASSERT_EQ(added.status, PARLEY_OK) << added.code;
  EXPECT_EQ(added.result.at("since"), 1);
  EXPECT_EQ(history("eve", id), "before ");
  EXPECT_EQ(access("eve", id).at("from"), 1);
}

TEST_F(messaging, coming_and_going_change_who_follows) {
  const std::string id = group("ann", {"bob"});
  add("ann", id, "eve");
  const auto& added = host.events[host.events.size() - 2];
  EXPECT_EQ(added.event, "member.added");
  EXPECT_EQ(added.access, 1);
  EXPECT_EQ(added.principal, "eve");
  EXPECT_EQ(host.events.back().event, "conversation.added");
  EXPECT_EQ(host.events.back().place, "eve");

  EXPECT_EQ(call("eve", "messaging.leave", {{"conversation", id}}).status, PARLEY_OK);
  const auto& removed = host.events[host.events.size() - 2];
  EXPECT_EQ(removed.event, "member.removed");
  EXPECT_EQ(removed.access, 0);
  EXPECT_EQ(removed.principal, "eve");
  EXPECT_EQ(host.events.back().event, "conversation.removed");
  EXPECT_EQ(json::serialize(access("eve", id)), "{}");
  EXPECT_EQ(history("eve", id), "status -3");
}

TEST_F(messaging, a_group_is_never_over_its_limit) {
  const std::string id = group("ann", {"bob"});
  EXPECT_EQ(add("ann", id, "eve").status, PARLEY_OK);
  EXPECT_EQ(add("ann", id, "eve").status, PARLEY_OK); // is there already
  EXPECT_EQ(add("ann", id, "dan").code, "too_many_members");
  EXPECT_EQ(call("eve", "messaging.leave", {{"conversation", id}}).status, PARLEY_OK);
  host.principal = "ann";
  const parley_call one =
      host.enter(PARLEY_METHOD, "messaging.add_member", {{"conversation", id}, {"account", "dan"}});
  const parley_call other =
      host.enter(PARLEY_METHOD, "messaging.add_member", {{"conversation", id}, {"account", "fay"}});
  host.run();
  EXPECT_EQ(host.ended(one).status, PARLEY_OK);
  EXPECT_EQ(host.ended(other).code, "too_many_members");
  EXPECT_EQ(host.tables["members"].size(), 3u);
}

TEST_F(messaging, a_direct_conversation_keeps_its_members) {
  const std::string id(direct("ann", "bob").result.at("id").as_string());
  EXPECT_EQ(add("ann", id, "eve").code, "not_a_group");
  EXPECT_EQ(call("ann", "messaging.leave", {{"conversation", id}}).code, "not_a_group");
}

TEST_F(messaging, lists_conversations_a_page_at_a_time) {
  const std::string first = group("ann", {});
  const std::string second = group("ann", {"bob"});
  group("bob", {});
  const fake::ending page = call("ann", "messaging.conversations", {{"limit", 1}});
  ASSERT_EQ(page.status, PARLEY_OK);
  EXPECT_EQ(page.result.at("items").at(0).at("id").as_string(), first);
  EXPECT_EQ(page.result.at("more"), true);
  const fake::ending rest =
      call("ann", "messaging.conversations", {{"limit", 1}, {"after", first}});
  EXPECT_EQ(rest.result.at("items").at(0).at("id").as_string(), second);
  EXPECT_EQ(rest.result.at("more"), false);
  EXPECT_EQ(host.call(PARLEY_SCOPE_PLACES, "conversation", {{"principal", "ann"}})
                .result.as_array()
                .size(),
            2u);
}

} // namespace
