#include "vm.hpp"

#include "library.hpp"
#include "values.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace parley::lua {
namespace {

constexpr std::size_t idle_threads = 64;
constexpr std::size_t max_timers = 1000;
constexpr std::uint32_t own_call_timeout_ms = 10'000;

} // namespace

// What belongs to one entry from the host; entries may be nested.
struct vm::entry_scope {
  vm& v;
  std::uint64_t used = v.used_, began = v.entry_began_ns_;
  bool over = v.over_, over_time = v.over_time_, privileged = v.privileged_;
  std::string over_text = std::exchange(v.over_text_, {});
  lua_State* running = v.running_;
  int unyieldable = v.unyieldable_;
  task* current = v.current_;

  entry_scope(vm& owner, task* t, lua_State* thread) : v(owner) {
    v.used_ = 0;
    v.entry_began_ns_ = 0;
    v.over_ = v.over_time_ = false;
    v.privileged_ = false;
    v.running_ = thread;
    v.unyieldable_ = 0;
    v.current_ = t;
    v.arm(thread, full_period);
  }
  ~entry_scope() {
    v.used_ = used;
    v.entry_began_ns_ = began;
    v.over_ = over;
    v.over_time_ = over_time;
    v.over_text_ = std::move(over_text);
    v.privileged_ = privileged;
    v.running_ = running;
    v.unyieldable_ = unyieldable;
    v.current_ = current;
  }
};

vm::vm(const host_api& hosted, const manifest::manifest& manifest, std::string path,
       const limits& max)
    : api(hosted), declared(manifest), folder(std::move(path)), bounds_(max) {}

vm::~vm() {
  failure gone;
  gone.status = PARLEY_E_CANCELLED;
  for (task& t : tasks_) {
    end_begun(t);
    end_badly(t, gone);
  }
  privileged_ = true;
  if (state_ != nullptr) lua_close(state_);
}

bool vm::protect(lua_CFunction function, void* argument, std::string* why) {
  lua_pushcfunction(state_, function);
  lua_pushlightuserdata(state_, argument);
  const int status = lua_pcall(state_, 1, 0, 0);
  if (status == LUA_OK) return true;
  if (why != nullptr) {
    const char* const text =
        lua_type(state_, -1) == LUA_TSTRING ? lua_tostring(state_, -1) : nullptr;
    *why = text != nullptr ? text : "an error without a text";
  }
  lua_pop(state_, 1);
  return false;
}

// What ended a coroutine, read in protected mode: even reading may need memory.
failure vm::describe(lua_State* thread, int status) {
  struct request {
    lua_State* thread;
    int status;
    failure out;
  } asked{thread, status, {}};
  const auto read = [](lua_State* L) {
    auto& r = *static_cast<request*>(lua_touserdata(L, 1));
    lua_xmove(r.thread, L, 1);
    describe_error(L, r.thread, r.status, &r.out);
    return 0;
  };
  const bool was = std::exchange(privileged_, true);
  std::string why;
  if (!protect(read, &asked, &why)) asked.out.fault = "an error that cannot be told: " + why;
  privileged_ = was;
  return std::move(asked.out);
}

bool vm::open(std::string* why) {
  state_ = lua_newstate(&vm::allocate, this);
  if (state_ == nullptr) {
    *why = declared.name + ": no memory for a Lua state";
    return false;
  }
  extra(state_) = reinterpret_cast<char*>(this);
  if (!rename_weak_mode()) {
    *why = declared.name + ": this Lua is not one that the sandbox knows (5.4 of Debian 12)";
    return false;
  }
  if (!protect(&open_libraries, this, why)) return false;
  task t; // for its thread only
  if (!take_thread(t, why)) return false;
  int results = 0;
  int status = LUA_OK;
  {
    entry_scope const scope(*this, nullptr, t.thread);
    loading = true;
    lua_pushcfunction(t.thread, &run_init);
    status = lua_resume(t.thread, state_, 0, &results);
    loading = false;
  }
  if (status != LUA_OK) {
    const failure f = describe(t.thread, status);
    *why = f.fault.empty() ? declared.name + "/init.lua: " + f.code + ": " + f.message : f.fault;
  }
  luaL_unref(state_, LUA_REGISTRYINDEX, t.thread_ref);
  return status == LUA_OK;
}

void vm::collect() {
  const auto run = [](lua_State* L) { return lua_gc(L, LUA_GCCOLLECT, 0); };
  protect(run, nullptr, nullptr);
}

bool vm::take_thread(task& t, std::string* why) {
  if (!idle_.empty()) {
    std::tie(t.thread, t.thread_ref) = idle_.back();
    idle_.pop_back();
    return true;
  }
  const bool was = std::exchange(privileged_, true);
  const auto make = [](lua_State* L) {
    task& made = *static_cast<task*>(lua_touserdata(L, 1));
    made.thread = lua_newthread(L);
    made.thread_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    return 0;
  };
  const bool made = protect(make, &t, why);
  privileged_ = was;
  return made;
}

void vm::enter(const handler& what, parley_call call, parley_value input) {
  task& t = tasks_.emplace_front();
  t.place = tasks_.begin();
  t.owner = this;
  t.what = what;
  t.call = call;
  t.input = input;
  std::string why;
  if (!take_thread(t, &why)) {
    failure no_room;
    no_room.fault = why;
    end_badly(t, no_room);
    tasks_.erase(t.place);
    return;
  }
  // A fresh thread has room for these two, and neither needs memory.
  lua_pushcfunction(t.thread, &vm::body);
  lua_pushlightuserdata(t.thread, &t);
  resume(t);
}

int vm::body(lua_State* L) {
  task& t = *static_cast<task*>(lua_touserdata(L, 1));
  lua_settop(L, 0);
  lua_rawgeti(L, LUA_REGISTRYINDEX, t.what.function);
  const int arguments = push_arguments(L, t);
  lua_callk(L, arguments, 1, 0, &vm::body_done);
  return body_done(L, LUA_OK, 0);
}

int vm::body_done(lua_State* L, int, lua_KContext) {
  take_result(L, *of(L).current());
  return 0;
}

void vm::resume(task& t) {
  int results = 0;
  int status;
  failure why;
  {
    entry_scope const scope(*this, &t, t.thread);
    status = lua_resume(t.thread, scope.running != nullptr ? scope.running : state_,
                        lua_status(t.thread) == LUA_OK ? 1 : 0, &results);
    if (status == LUA_YIELD) {
      lua_pop(t.thread, results);
      return;
    }
  }
  if (status != LUA_OK) why = describe(t.thread, status);
  end_begun(t);
  if (status == LUA_OK) {
    end_well(t);
  } else {
    end_badly(t, why);
  }
  forget(t, status == LUA_OK);
}

void vm::end_well(task& t) {
  api.call->finish(t.call, t.reply);
}

void vm::end_badly(task& t, const failure& why) {
  if (!why.fault.empty()) {
    log(t.call, PARLEY_ERROR, std::string(t.what.name) + ": " + why.fault);
  } else if (t.what.kind == entry_kind::observe || t.what.kind == entry_kind::timer) {
    // Nobody waits for the outcome of these, so the log is the only place where it shows.
    log(t.call, PARLEY_WARN,
        std::string(t.what.name) + ": " + why.where + why.code + ": " + why.message);
  }
  parley_error e{};
  e.size = sizeof e;
  e.status = why.status;
  e.code = to_str(why.code);
  e.message = to_str(why.fault.empty() ? why.message : why.fault);
  e.field = to_str(why.field);
  e.retry_after_ms = why.retry_after_ms;
  api.call->fail(t.call, &e); // STALE where it has ended already, such as a repeated one
}

void vm::end_begun(task& t) {
  for (const parley_call call : std::exchange(t.begun, {})) {
    parley_error e{};
    e.size = sizeof e;
    e.status = PARLEY_E_CANCELLED;
    api.call->fail(call, &e);
  }
}

// A coroutine that died of an error keeps its hook switched off: what it has left to close would
// run without a budget. So it is left to the collector, and only one that ended well is used again.
void vm::forget(task& t, bool reuse) {
  if (reuse && idle_.size() < idle_threads) {
    lua_settop(t.thread, 0);
    set_nested(t.thread, 0);
    idle_.emplace_back(t.thread, t.thread_ref);
  } else {
    luaL_unref(state_, LUA_REGISTRYINDEX, t.thread_ref);
  }
  tasks_.erase(t.place);
}

task& vm::may_wait(lua_State* L) {
  if (current_ == nullptr) luaL_error(L, "this takes time, and works in handlers only");
  if (unyieldable_ > 0 || !lua_isyieldable(L)) {
    luaL_error(L,
               "this takes time, and cannot be used inside of a sort, a pattern's function or a "
               "closing variable");
  }
  return *current_;
}

int vm::wait(lua_State* L, task& t, lua_KFunction then, parley_status begun) {
  check(L, begun, "this could not begin");
  t.waiting = true;
  return lua_yieldk(L, 0, 0, then);
}

void vm::done(void* user, parley_status status, parley_value result) {
  task& t = *static_cast<task*>(user);
  t.waiting = false;
  t.status = status;
  t.result = result;
  t.owner->resume(t);
}

int vm::resume_inner(lua_State* from, lua_State* inner, int arguments, int* results) {
  charge(from, 100);
  arm(inner, full_period);
  const bool blocked = !lua_isyieldable(from);
  lua_State* const outer = std::exchange(running_, inner);
  unyieldable_ += blocked ? 1 : 0;
  const int status = lua_resume(inner, from, arguments, results);
  unyieldable_ -= blocked ? 1 : 0;
  running_ = outer;
  if (over_) arm(from, 1);
  return status;
}

void vm::start(parley_call call) {
  if (start_function == LUA_NOREF) {
    api.call->finish(call, 0);
    return;
  }
  enter({entry_kind::start, "start", start_function}, call, 0);
}

void vm::stop(parley_call call) {
  while (!timers_.empty()) cancel_timer(timers_.begin()->first);
  if (stop_function == LUA_NOREF) {
    api.call->finish(call, 0);
    return;
  }
  enter({entry_kind::stop, "stop", stop_function}, call, 0);
}

parley_timer vm::add_timer(lua_State* L, std::uint32_t delay_ms, int function_index) {
  if (timers_.size() >= max_timers)
    luaL_error(L, "more than %d timers", static_cast<int>(max_timers));
  lua_pushvalue(L, function_index);
  auto made = std::make_unique<timer>();
  made->owner = this;
  made->function = luaL_ref(L, LUA_REGISTRYINDEX);
  const parley_status status =
      api.env->after(api.host, delay_ms, &vm::fired, made.get(), &made->handle);
  if (status != PARLEY_OK) {
    luaL_unref(L, LUA_REGISTRYINDEX, made->function);
    check(L, status, "plugin.after");
  }
  const parley_timer handle = made->handle;
  timers_.emplace(handle, std::move(made));
  return handle;
}

void vm::cancel_timer(parley_timer which) {
  const auto found = timers_.find(which);
  if (found == timers_.end()) return;
  api.env->cancel(api.host, which);
  luaL_unref(state_, LUA_REGISTRYINDEX, found->second->function);
  timers_.erase(found);
}

void vm::fired(void* user) {
  vm& v = *static_cast<timer*>(user)->owner;
  const int function = static_cast<timer*>(user)->function;
  v.timers_.erase(static_cast<timer*>(user)->handle);
  parley_call call = 0;
  const parley_status begun = v.api.call->begin(v.api.host, 0, own_call_timeout_ms, &call);
  if (begun == PARLEY_OK) {
    v.enter({entry_kind::timer, "timer", function}, call, 0);
  } else {
    v.log(0, PARLEY_ERROR, "a timer could not run: " + std::string(code_of(begun)));
  }
  luaL_unref(v.state_, LUA_REGISTRYINDEX, function); // the coroutine has it on its stack by now
}

void vm::log(parley_call call, int level, std::string_view text) {
  constexpr std::size_t longest = 4096;
  std::size_t end = std::min(text.size(), longest);
  // Not in the middle of a character.
  while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
    --end;
  }
  const std::string line = printable(text.substr(0, end));
  api.log->write(api.host, call, level, to_str(line));
}

} // namespace parley::lua
