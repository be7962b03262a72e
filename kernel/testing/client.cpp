#include "parley/test/client.hpp"

#include "testing/world.hpp"

#include <algorithm>

namespace parley::test {

namespace {

std::string of_name(std::string_view name) {
  return name.empty() ? "anything" : std::string(name);
}

// What came and was not looked at, for whoever waited for something else.
std::string listed(const device& of) {
  std::string out;
  for (const received& each : of.inbox)
    if (!each.seen) out += (out.empty() ? "" : ", ") + each.what.name + " " + each.what.data.json();
  return out.empty() ? "nothing that was not looked at" : out;
}

} // namespace

// ---- reply

const value& reply::ok(place where) const {
  answer_->looked_at = true;
  if (answer_->error)
    answer_->in->fail(answer_->who + "'s call of " + answer_->method +
                          " failed: " + answer_->error->code + ": " + answer_->error->message +
                          (answer_->error->field.empty() ? "" : " (" + answer_->error->field + ")"),
                      where);
  return answer_->result;
}

const reply& reply::fails_with(std::string_view code, place where) const {
  answer_->looked_at = true;
  const std::string wanted =
      answer_->who + "'s call of " + answer_->method + " should fail with " + std::string(code);
  if (!answer_->error)
    answer_->in->fail(wanted + ", and it went well: " + answer_->result.json(), where);
  if (answer_->error->code != code)
    answer_->in->fail(
        wanted + ", and it failed with " + answer_->error->code + ": " + answer_->error->message,
        where);
  return *this;
}

bool reply::went_well() const {
  answer_->looked_at = true;
  return !answer_->error;
}

std::string reply::code() const {
  answer_->looked_at = true;
  return answer_->error ? answer_->error->code : "";
}

std::string reply::message() const {
  return answer_->error ? answer_->error->message : "";
}

std::string reply::field() const {
  return answer_->error ? answer_->error->field : "";
}

std::int64_t reply::retry_after_ms() const {
  return answer_->error ? answer_->error->retry_after_ms : 0;
}

// ---- pending

bool pending::ended() const {
  return answer_->ended;
}

reply pending::ends(place where) const {
  if (!answer_->in->wait([&] { return answer_->ended; }))
    answer_->in->fail(answer_->who + "'s call of " + answer_->method + " is never answered", where);
  return reply(answer_);
}

// ---- event

const event& event::with(std::string_view field, const value& wanted, place where) const {
  const value* here = &data;
  for (std::string_view rest = field; here && !rest.empty();) {
    const std::size_t dot = rest.find('.');
    const std::string_view step = rest.substr(0, dot);
    rest = dot == std::string_view::npos ? "" : rest.substr(dot + 1);
    const bool index = here->is_array() && !step.empty() &&
                       step.find_first_not_of("0123456789") == std::string_view::npos;
    if (index) {
      const std::size_t i = std::stoul(std::string(step));
      here = i < here->size() ? &here->items()[i] : nullptr;
    } else {
      here = here->find(step);
    }
  }
  if (here && *here == wanted) return *this;
  world::now().fail(
      name + " should have " + std::string(field) + " " + wanted.json() + ", and " +
          (here ? "it is " + here->json() : "there is no such field in " + data.json()),
      where);
}

const event& event::of(const value& place_id, place where) const {
  if (topic.substr(topic.find(':') + 1) == place_id.text(where)) return *this;
  world::now().fail(name + " should be of " + place_id.text() + ", and it is of " + topic, where);
}

// ---- client

const std::string& client::id() const {
  return device_->account;
}
const std::string& client::name() const {
  return device_->name;
}

pending client::begins(std::string_view method, const value& params, place where) const {
  device_->in->complain(where);
  return pending(device_->in->send(*device_, method, params, where));
}

reply client::call(std::string_view method, const value& params, place where) const {
  return begins(method, params, where).ends(where);
}

event client::receives(std::string_view name, place where) const {
  device_->in->complain(where);
  device_->in->run();
  for (received& each : device_->inbox) {
    if (each.seen || each.what.name != name) continue;
    each.seen = true;
    return each.what;
  }
  device_->in->fail(
      device_->name + " should receive " + std::string(name) + ", and received " + listed(*device_),
      where);
}

void client::receives_no(std::string_view name, place where) const {
  device_->in->complain(where);
  device_->in->run();
  for (const received& each : device_->inbox)
    if (!each.seen && (name.empty() || each.what.name == name))
      device_->in->fail(device_->name + " should not receive " + of_name(name) + ", and received " +
                            listed(*device_),
                        where);
}

void client::receives_nothing(place where) const {
  receives_no({}, where);
}

std::vector<event> client::unseen() const {
  device_->in->run();
  std::vector<event> out;
  for (const received& each : device_->inbox)
    if (!each.seen) out.push_back(each.what);
  return out;
}

void client::forgets() const {
  device_->in->run();
  device_->inbox.clear();
}

void client::disconnects() const {
  device_->in->clients.disconnect(*device_);
  device_->in->run();
}

void client::reconnects(place where) const {
  device_->in->reconnect(*device_, where);
}

bool client::connected() const {
  device_->in->run();
  return device_->connection != 0;
}

std::uint16_t client::close_code() const {
  device_->in->run();
  return device_->close_code;
}

void client::delay(std::chrono::milliseconds by) const {
  device_->line = by;
}

} // namespace parley::test
