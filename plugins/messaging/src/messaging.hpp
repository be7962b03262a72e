#pragma once

#include "messaging.plugin.hpp"

class messaging final : public messaging_plugin {
 public:
  task<conversation> direct(call& c, direct_params p) override;
  task<conversation> create_group(call& c, create_group_params p) override;
  task<recent_result> recent(call& c, recent_params p) override;
  task<overview> overview_(call& c, overview_params p) override;
  task<conversations_result> conversations(call& c, conversations_params p) override;

  task<member> add_member(call& c, add_member_params p) override;
  task<void> remove_member(call& c, remove_member_params p) override;
  task<void> leave(call& c, leave_params p) override;
  task<members_result> members(call& c, members_params p) override;

  task<message> send(call& c, send_params p) override;
  task<history_result> history(call& c, history_params p) override;
  task<message> get_message(call& c, get_message_params p) override;
  task<found> search_(call& c, search_params p) override;
  task<found> search_all(call& c, search_all_params p) override;
  task<void> delete_(call& c, delete_params p) override;

  task<scope_access> conversation_access(call& c, std::string principal,
                                         std::string place) override;
  task<std::vector<scope_place>> conversation_places(call& c, std::string principal) override;

 private:
  // Fails with not_found where there is no such account.
  // Refuses where there is none, with the parameter that named it.
  task<void> check_account(call& c, std::string account, std::string field);
  // The record of a group. Fails with not_found or not_a_group.
  task<conversations_record> group(call& c, std::string id);
  task<std::optional<overview>> look_over(call& c, conversations_record of);
  task<void> dismiss(call& c, std::string conversation, std::string account);
};

conversation describe(const conversations_record& record);

// Adds a member who may read from `since` on, and tells those in the conversation and the account.
void admit(batch& b, const conversation& to, const member& who);
