#include "dispatch/methods.hpp"

#include "observe/log.hpp"
#include "parley/call.h"

#include <sodium.h>

#include <algorithm>

namespace parley::dispatch {

namespace json = boost::json;

namespace {

constexpr std::uint32_t depth_limit = 8;

const session_ptr& nobody() {
  static const session_ptr anonymous =
      std::make_shared<session>(session{"", PARLEY_ANONYMOUS, "", {"anonymous"}, 0});
  return anonymous;
}

void write_sorted(const json::value& value, std::string& out) {
  if (const json::object* object = value.if_object()) {
    std::vector<std::string_view> names;
    for (const auto& member : *object) names.push_back(member.key());
    std::sort(names.begin(), names.end());
    out += '{';
    for (const std::string_view name : names) {
      out += json::serialize(json::string_view(name)) + ":";
      write_sorted(object->at(name), out);
      out += ',';
    }
    out += '}';
  } else if (const json::array* array = value.if_array()) {
    out += '[';
    for (const json::value& item : *array) {
      write_sorted(item, out);
      out += ',';
    }
    out += ']';
  } else {
    out += json::serialize(value);
  }
}

// Integers of the protocol are within 2^53; far below are the stand-ins of batches.
bool has_wild_integer(const json::value& value) {
  constexpr std::int64_t most = std::int64_t{1} << 53;
  if (const auto* number = value.if_int64()) return *number > most || *number < -most;
  if (const auto* object = value.if_object())
    return std::any_of(object->begin(), object->end(),
                       [](const auto& member) { return has_wild_integer(member.value()); });
  if (const auto* array = value.if_array())
    return std::any_of(array->begin(), array->end(), has_wild_integer);
  return value.is_uint64();
}

// What the owner of a scope may say: nothing, or an object whose members are what they should be.
bool is_access(const json::value* answer) {
  if (!answer || answer->is_null()) return true;
  const json::object* object = answer->if_object();
  if (!object) return false;
  const json::value* role = object->if_contains("role");
  const json::value* conditions = object->if_contains("conditions");
  return (!role || role->is_string()) && (!conditions || conditions->is_array());
}

error too_often(const manifest::method& what, bool is_its_own, std::int64_t wait_ms) {
  return {"too_many_requests",
          is_its_own ? "Too many calls of `" + what.name + "`; wait before the next."
                     : "Too many calls of rate class `" + what.rate + "`; wait before the next.",
          {},
          wait_ms,
          true};
}

} // namespace

std::string digest_of(const json::value& params) {
  std::string text;
  write_sorted(params, text);
  unsigned char hash[16];
  crypto_generichash(hash, sizeof hash, reinterpret_cast<const unsigned char*>(text.data()),
                     text.size(), nullptr, 0);
  char hex[2 * sizeof hash + 1];
  return sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
}

methods::methods(calls& all, batches& writes, storage::engine& store, observe::metrics& measured,
                 permits allowed, std::uint32_t deadline_ms, rate_limits how_often)
    : calls_(all),
      store_(store),
      permits_(std::move(allowed)),
      metrics_(measured),
      too_often_(measured.add_counter("parley_calls_too_often_total",
                                      "Calls refused because there were too many.")),
      rates_(std::move(how_often)),
      deadline_ms_(deadline_ms) {
  writes.on_submitted = [this](call& c) { release_order(c); };
}

void methods::provide(instance& plugin) {
  const auto measured = [&](const std::string& name) {
    const observe::labels with{{"plugin", plugin.name}, {"method", name}};
    providers_[name] = {&plugin,
                        &metrics_.add_histogram("parley_method_seconds", "Time to answer a method.",
                                                observe::seconds(), with),
                        &metrics_.add_counter("parley_method_failures_total",
                                              "Calls that ended with an error.", with)};
  };
  for (const manifest::method& m : plugin.declared.methods) measured(m.name);
  for (const manifest::route& r : plugin.declared.routes) measured(route_name(plugin.name, r.name));
  for (const manifest::scope& s : plugin.declared.scopes) scopes_[s.name] = &plugin;
}

void methods::withdraw(const instance& plugin) {
  std::erase_if(providers_, [&](const auto& entry) { return entry.second.by == &plugin; });
  std::erase_if(scopes_, [&](const auto& entry) { return entry.second == &plugin; });
}

void methods::run(client_request what, answered done) {
  // A plugin may have changed on the way: then the shard has checked by what holds no more.
  const bool current = what.from == registry_;
  // A raw route has no schema that could have changed.
  const bool raw = what.target->raw != nullptr;
  const method* target = current || raw ? what.target : registry_->find(what.target->declared.name);
  const auto provider = providers_.find(what.target->declared.name);
  if (!target || provider == providers_.end()) return done({{}, error_of(PARLEY_E_UNAVAILABLE)});
  const session_ptr& asks = what.who ? what.who : nobody();
  if (const auto wait_ms = rates_.take(target->declared, *asks, what.remote, calls_.steady_ms())) {
    too_often_.add();
    return done({{}, too_often(target->declared, rates_.has_own(target->declared.name), wait_ms)});
  }

  call& c = calls_.begin_request(*provider->second.by, asks, std::move(what.request_id),
                                 deadline_of(*target, what.deadline_ms),
                                 answer(std::move(done), provider->second));
  c.remote = std::move(what.remote);
  c.hurried = what.deadline_ms != 0 && what.deadline_ms < deadline_of(*target, 0);
  method_work& work = c.work.emplace();
  work.target = target;
  work.from = raw ? what.from : registry_;
  work.provider = provider->second.by;
  work.params = std::move(what.params);
  work.digest = std::move(what.params_digest);
  work.connection = what.connection;
  work.exchange = what.exchange;
  if (raw) return start(c);
  if (!current && !check_params(c)) return;
  if (has_wild_integer(work.params))
    return refuse(c, PARLEY_E_INVALID, "Integers are within 2^53.");
  start(c);
}

// `wanted` 0: no less than the method has.
std::uint32_t methods::deadline_of(const method& target, std::uint32_t wanted) const {
  const std::uint32_t most = std::min(target.declared.deadline_ms, deadline_ms_);
  return wanted == 0 ? most : std::min(wanted, most);
}

void methods::cancel(connection_id who, std::uint64_t exchange) {
  parley_call found = 0;
  calls::each([&](const call& c) {
    if (c.work && c.work->connection == who && c.work->exchange == exchange) found = c.handle;
  });
  if (found == 0) return;
  calls_.fail(found, {"cancelled", "It was taken back. It may or may not have happened."},
              PARLEY_E_CANCELLED);
}

parley_status methods::invoke(call& by, std::string_view name, const json::value* params,
                              parley_done done, void* user) {
  const method* target = registry_->find(name);
  const auto provider = providers_.find(name);
  if (!target || provider == providers_.end()) return PARLEY_E_NOT_FOUND;
  const bool reachable = provider->second.by == by.plugin ||
                         provider->second.by->name == "identity" ||
                         by.plugin->declared.may_use(provider->second.by->name);
  if (!reachable) return PARLEY_E_NOT_FOUND;
  if (by.depth >= depth_limit) return PARLEY_E_LIMIT;

  const std::uint64_t operation = calls_.begin_operation(by, done, user);
  const auto answered = [this, operation](const outcome& o) {
    if (o.failure) return calls_.complete_failed(operation, *o.failure);
    if (!o.value) return calls_.complete_with(operation, json::parse(o.result));
    calls_.complete_with(operation, *o.value);
  };
  call& c = calls_.begin(*provider->second.by, by.who, &by, deadline_of(*target, 0),
                         answer(answered, provider->second));
  method_work& work = c.work.emplace();
  work.target = target;
  work.from = registry_;
  work.provider = provider->second.by;
  work.params = params ? *params : json::object{};
  if (!target->declared.idempotent.empty()) work.digest = digest_of(work.params);
  if (check_params(c)) start(c);
  return PARLEY_OK;
}

// Ends the call where they are wrong.
bool methods::check_params(call& c) {
  method_work& work = *c.work;
  schema::breach first;
  if (work.target->params.accepts(work.params, first)) {
    work.target->params.add_defaults(work.params);
    return true;
  }
  error why = error_of(PARLEY_E_INVALID);
  why.message = first.what;
  why.field = first.pointer;
  calls_.fail(c.handle, std::move(why), PARLEY_E_INVALID);
  return false;
}

namespace {

// In strict development only.
bool is_as_declared(call& c, const json::value* result) {
  if (!c.plugin->strict) return true;
  const std::string& method = c.work->target->declared.name;
  const std::string wrong = c.plugin->strict->result(method, result);
  if (wrong.empty()) return true;
  observe::write(
      observe::level::error, "a method gave what its manifest does not say",
      {{"plugin", c.plugin->name}, {"method", method}, {"request", c.request_id}, {"what", wrong}});
  c.garbage = true;
  return false;
}

} // namespace

// How a method's call becomes the client's answer.
on_end methods::answer(answered done, const provided& of) {
  const std::int64_t began = calls_.now_ms();
  return [this, began, measured = of, done = std::move(done)](call& c, const ending& how) {
    release_order(c);
    measured.seconds->record(static_cast<double>(calls_.now_ms() - began) / 1e3);
    if (how.failure) measured.failures->add();
    if (observe::is_written(observe::level::debug))
      observe::write(observe::level::debug, "a method was called",
                     {{"plugin", c.plugin->name},
                      {"method", c.work->target->declared.name},
                      {"request", c.request_id},
                      {"principal", c.who->principal},
                      {"code", how.failure ? how.failure->code : "ok"},
                      {"ms", calls_.now_ms() - began}});
    const method_work& work = *c.work;
    if (!how.failure && !work.repeated && !is_as_declared(c, how.result))
      return done({{}, error_of(PARLEY_E_FAILED)});
    if (!how.failure && !work.repeated) {
      json::value filled;
      const json::value* result = how.result ? how.result : &filled;
      if (!c.numbers.empty() && storage::holds_stand_in(*result)) {
        filled = *how.result;
        for (const storage::commit_result& numbers : c.numbers) storage::fill_in(filled, numbers);
        result = &filled;
      }
      if (c.parent) return done({{}, std::nullopt, result}); // a plugin called
      return done({json::serialize(*result), std::nullopt});
    }
    const error why = how.failure.value_or(error_of(PARLEY_E_CONFLICT));
    if (how.status == PARLEY_E_FAILED)
      observe::write(observe::level::error, "a method failed",
                     {{"plugin", c.plugin->name},
                      {"method", work.target->declared.name},
                      {"request", c.request_id},
                      {"principal", c.who->principal},
                      {"why", why.message}});
    if (work.idempotency_key.empty()) return done({{}, why});
    // A repeat gets the first reply, even where it would be refused today.
    look_up_key(c.who->principal, work.idempotency_key, work.digest,
                [done, why](std::optional<outcome> first) {
                  done(first ? *std::move(first) : outcome{{}, why});
                });
  };
}

void methods::look_up_key(const std::string& principal, const std::string& key,
                          const std::string& digest,
                          std::function<void(std::optional<outcome>)> done) {
  auto memory = std::make_shared<json::monotonic_resource>();
  store_.get(
      idempotency_name, {json::string(principal), json::string(key)}, memory.get(),
      [memory, digest, done](const storage::failure& failed, std::optional<json::object> record) {
        if (failed.code != storage::status::ok || !record) return done(std::nullopt);
        const auto first = read_idempotency(*record);
        if (!first) return done(std::nullopt);
        if (first->digest != digest)
          return done(outcome{{},
                              error{"idempotency_conflict",
                                    "This key was used with other parameters.",
                                    {},
                                    0,
                                    false}});
        done(outcome{json::serialize(first->reply), std::nullopt});
      });
}

void methods::refuse(call& c, parley_status status, std::string_view message) {
  error why = error_of(status);
  if (!message.empty()) why.message = message;
  calls_.fail(c.handle, std::move(why), status);
}

void methods::refuse_open(call& c, const instance& plugin) {
  calls_.fail(c.handle, calls_.unavailable(plugin), PARLEY_E_UNAVAILABLE);
}

void methods::start(call& c) {
  method_work& work = *c.work;
  const manifest::method& m = work.target->declared;
  const json::object& params = work.params.get_object();
  if (!m.idempotent.empty() && c.who->kind != PARLEY_ANONYMOUS) {
    const json::value* key = params.if_contains(m.idempotent);
    if (key && key->is_string()) work.idempotency_key = key->get_string();
    work.digest = m.name + ":" + work.digest;
  }
  line_up(c);
  if (!m.required) return admitted(c);
  if (c.who->kind == PARLEY_ANONYMOUS && !permits_(c.who->roles, *m.required))
    return static_cast<void>(calls_.fail(
        c.handle,
        error{"unauthenticated", "Log in first: this needs an access token.", {}, 0, false},
        PARLEY_E_FORBIDDEN));
  if (m.required->scope != "server") return check_scope(c);
  if (!permits_(c.who->roles, *m.required)) return refuse(c, PARLEY_E_FORBIDDEN);
  admitted(c);
}

void methods::check_scope(call& c) {
  method_work& work = *c.work;
  const std::string& scope = work.target->declared.required->scope;
  const auto owner = scopes_.find(scope);
  if (owner == scopes_.end()) return refuse(c, PARLEY_E_UNAVAILABLE);
  work.place = work.params.get_object().at(scope).as_string();
  work.scope_owner = owner->second->name;

  if (!calls_.admits(*owner->second)) return refuse_open(c, *owner->second);
  const auto asked = [this, handle = c.handle, scope](call& question, const ending& how) {
    question.garbage = !how.failure && !is_access(how.result);
    scope_answered(handle, scope, how);
  };
  call& question = calls_.begin(*owner->second, c.who, &c, 10'000, asked);
  const parley_value input = question.arena->keep(
      json::value(json::object({{"principal", c.who->principal}, {"place", work.place}})));
  calls_.enter(question, owner->second->access.find(scope)->second, *value_arena::find(input));
}

void methods::scope_answered(parley_call handle, const std::string& scope, const ending& how) {
  call* c = calls::find(handle);
  if (!c) return;
  if (how.failure) {
    observe::write(
        observe::level::error, "the owner of a scope failed",
        {{"plugin", c->work->scope_owner}, {"scope", scope}, {"why", how.failure->message}});
    return refuse(*c, PARLEY_E_UNAVAILABLE);
  }
  if (!is_access(how.result)) {
    observe::write(observe::level::error, "the owner of a scope answers wrongly",
                   {{"plugin", c->work->scope_owner},
                    {"scope", scope},
                    {"instead", "write {role?, from?, conditions?}, or nothing for no access"}});
    return refuse(*c, PARLEY_E_UNAVAILABLE);
  }
  const json::object* answer = how.result ? how.result->if_object() : nullptr;
  const json::value* role = answer ? answer->if_contains("role") : nullptr;
  if (!role || !permits_({std::string(role->get_string())}, *c->work->target->declared.required))
    return refuse(*c, PARLEY_E_FORBIDDEN);
  const json::value* from = answer->if_contains("from");
  c->work->readable_from = from && from->is_int64() ? from->get_int64() : 1;
  const json::value* conditions = answer->if_contains("conditions");
  if (conditions && conditions->is_array())
    for (const json::value& condition : conditions->get_array())
      if (condition.is_object())
        c->work->conditions.emplace_back(condition.get_object(), json::storage_ptr());
  admitted(*c);
}

// Calls with one order wait in the sequence in which they arrived, whatever their permission takes.
void methods::line_up(call& c) {
  method_work& work = *c.work;
  const std::string& parameter = work.target->declared.order;
  if (parameter.empty() || work.connection == 0) return;
  const json::value* value = work.params.get_object().if_contains(parameter);
  if (!value || !value->is_string()) return;
  work.order_key =
      std::to_string(work.connection) + "/" + parameter + "/" + std::string(value->get_string());
  orders_[work.order_key].waiting.push_back(c.handle);
}

void methods::admitted(call& c) {
  c.work->admitted = true;
  if (c.work->order_key.empty() || orders_[c.work->order_key].waiting.front() == c.handle) enter(c);
}

// The next handler in an order begins when the one before has submitted its batch, or has ended.
void methods::release_order(call& c) {
  if (!c.work || c.work->order_key.empty()) return;
  const std::string key = std::exchange(c.work->order_key, {});
  const auto found = orders_.find(key);
  if (found == orders_.end()) return;
  const bool was_first = found->second.waiting.front() == c.handle;
  std::erase(found->second.waiting, c.handle);
  if (found->second.waiting.empty())
    orders_.erase(found);
  else if (was_first)
    calls_.logic().post([this, next = found->second.waiting.front()] {
      call* waiting = calls::find(next);
      if (waiting && waiting->work->admitted) enter(*waiting);
    });
}

// Being next in line and being admitted can come in one turn, in either order.
void methods::enter(call& c) {
  if (std::exchange(c.work->entered, true)) return;
  const method& target = *c.work->target;
  const handlers& all = target.raw ? c.work->provider->routes : c.work->provider->methods;
  const auto found = all.find(target.raw ? target.raw->name : target.declared.name);
  if (found == all.end()) return refuse(c, PARLEY_E_UNAVAILABLE);
  if (!calls_.admits(*c.work->provider)) return refuse_open(c, *c.work->provider);
  calls_.enter(c, found->second, c.work->params);
}

} // namespace parley::dispatch
