#include "person_commands.hpp"

#include "control/socket.hpp"

namespace parley {

namespace json = boost::json;

bool run_person_command(person::service& of, const json::object& asked,
                        const person::service::told& answer) {
  const std::string what = control::text_of(asked, "do");
  const std::string account = control::text_of(asked, "account");
  if (!what.starts_with("person.") || account.empty()) return false;
  if (what == "person.export") {
    of.ask(person::verb::export_all, account, answer);
  } else if (what == "person.erase") {
    of.ask(person::verb::erase, account, answer);
  } else if (what == "person.state") {
    of.state(account, answer);
  } else if (what == "person.taken") {
    of.taken(account, answer);
  } else if (const json::value* part = asked.if_contains("part");
             what == "person.part" && part && part->is_int64()) {
    of.part(account, part->get_int64(), answer);
  } else {
    return false;
  }
  return true;
}

} // namespace parley
