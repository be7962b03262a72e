// Those who speak to the server: their accounts, sessions and connections, made without a password.

#include "dispatch/values.hpp"
#include "testing/json.hpp"
#include "testing/world.hpp"

namespace parley::test {

namespace json = boost::json;

namespace {

constexpr std::uint32_t kit_call_ms = 60'000;

// What an operation of the kit's own came to.
struct outcome {
  bool over = false;
  parley_status status = PARLEY_OK;
  json::value result;

  static void done(void* user, parley_status status, parley_value result) {
    auto& self = *static_cast<outcome*>(user);
    self.over = true;
    self.status = status;
    if (const json::value* v = dispatch::value_arena::find(result)) self.result = *v;
  }
};

class without_faults {
 public:
  explicit without_faults(fault_plan& plan) : plan_(plan) { plan_.pause(true); }
  ~without_faults() { plan_.pause(false); }

 private:
  fault_plan& plan_;
};

} // namespace

std::string world::make_account(const std::string& name, std::string& id) {
  parley::plugin::loaded_plugin* identity = find("identity");
  dispatch::calls& calls = *node_->services().calls;
  dispatch::call& c = calls.begin(*identity, identity->self, nullptr, kit_call_ms,
                                  [](dispatch::call&, const dispatch::ending&) {});
  const parley_call handle = c.handle;
  dispatch::batches& batches = node_->dispatch().all_batches();
  parley_batch batch = 0;
  batches.open(c, &batch);
  const json::value profile = json::object{{"name", name}, {"display_name", name}};
  outcome made;
  std::string why;
  if (node_->identity().create(batch, profile, id) != PARLEY_OK)
    why = "an account's name is 2 to 32 of a-z, 0-9, _, . and -";
  else if (batches.commit(batch, nullptr, &outcome::done, &made) != PARLEY_OK)
    why = "its account cannot be stored";
  else if (!wait([&] { return made.over; }) || made.status != PARLEY_OK)
    why = "its account was not stored";
  calls.finish(handle, nullptr);
  run(); // what the end of the call completes
  return why;
}

client world::user(std::string_view named, const std::vector<std::string>& roles,
                   const place& where) {
  const without_faults here(faults);
  const std::string name(named);
  std::string& id = accounts_[name];
  if (id.empty()) {
    std::string made;
    if (const std::string why = make_account(name, made); !why.empty())
      fail(name + " cannot be made a user: " + why, where);
    id = made;
    said.call_it(id, "<" + name + ">");
  }
  device& made = clients.add(name);
  made.account = id;
  made.more_roles = roles;
  come_in(made);
  if (!wait([&] { return made.live || made.close_code != 0; }) || !made.live)
    fail(name + " is not let in" + (made.refused ? ": " + made.refused->message : ""), where);
  return client(&made);
}

// With a new session: the one before may have expired.
void world::come_in(device& who) {
  if (who.account.empty() || who.scheme != "") return clients.connect(who);
  node_->identity().open_sessions()->open(
      who.account, "test",
      [this, &who](std::optional<identity::session_tokens> tokens,
                   const std::optional<dispatch::error>& why) {
        if (!tokens) {
          who.refused = why;
          who.close_code = 4101;
          return;
        }
        who.credential = tokens->access_token;
        clients.connect(who);
      });
}

device& world::connect(std::string name, std::string scheme, std::string credential) {
  const without_faults here(faults);
  device& made = clients.add(std::move(name));
  made.scheme = std::move(scheme);
  made.credential = std::move(credential);
  if (made.scheme.empty()) {
    clients.connect_as_nobody(made);
    return made;
  }
  clients.connect(made);
  wait([&] { return made.live || made.close_code != 0; });
  return made;
}

void world::reconnect(device& who, const place& where) {
  const without_faults here(faults);
  if (who.connection != 0) clients.disconnect(who);
  who.close_code = 0;
  come_in(who);
  if (!wait([&] { return who.live || who.close_code != 0; }) || !who.live)
    fail(who.name + " is not let in again" + (who.refused ? ": " + who.refused->message : ""),
         where);
}

void world::all_come_back() {
  const without_faults here(faults);
  std::vector<device*> all = std::exchange(coming_back_, {});
  for (device* each : all) come_in(*each);
  wait([&] {
    for (const device* each : all)
      if (!each->live && each->close_code == 0) return false;
    return true;
  });
}

std::shared_ptr<answer> world::call_as_plugin(std::string_view method, const value& params,
                                              const place& where) {
  auto out = std::make_shared<answer>();
  out->in = this;
  out->who = "a plugin";
  out->method = method;
  out->where = where;
  said.add("a plugin → " + out->method + " " + params.json());
  parley::plugin::loaded_plugin* kit = find(kit_plugin);
  dispatch::calls& calls = *node_->services().calls;
  dispatch::call& c = calls.begin(*kit, kit->self, nullptr, kit_call_ms,
                                  [](dispatch::call&, const dispatch::ending&) {});
  const parley_call handle = c.handle;
  json::value given = to_json(params);
  if (given.is_null()) given = json::object{};
  outcome ended;
  const parley_status begun =
      node_->dispatch().all_methods().invoke(c, method, &given, &outcome::done, &ended);
  if (begun != PARLEY_OK) {
    ended.over = true;
    ended.status = begun;
  }
  wait([&] { return ended.over; });
  calls.finish(handle, nullptr);
  run();
  out->ended = true;
  out->looked_at = ended.over && ended.status == PARLEY_OK;
  if (out->looked_at) {
    out->result = from_json(ended.result);
    said.add("a plugin ← " + out->result.json());
    return out;
  }
  out->error = dispatch::error_of(ended.over ? ended.status : PARLEY_E_DEADLINE);
  if (const json::object* error = ended.result.if_object()) {
    if (const json::value* code = error->if_contains("code")) out->error->code = code->as_string();
    if (const json::value* sentence = error->if_contains("message"))
      out->error->message = sentence->as_string();
  }
  said.add("a plugin ← fails: " + out->error->code + ": " + out->error->message);
  return out;
}

} // namespace parley::test
