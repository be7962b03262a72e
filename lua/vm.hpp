#pragma once

// One plugin's Lua state: its memory, its budget, and the coroutines that its handlers run in.

#include "runtime.hpp"

#include <parley/draft/ephemeral.h>
#include <parley/draft/jobs.h>
#include <parley/draft/storage.h>
#include <parley/parley.h>
#include <lua.hpp>

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::lua {

// The host's interfaces that Lua uses. Those that may be missing are NULL.
struct host_api {
  const parley_host* host = nullptr;
  const parley_call_api* call = nullptr;
  const parley_value_api* value = nullptr;
  const parley_log_api* log = nullptr;
  const parley_env_api* env = nullptr;
  const parley_config_api* config = nullptr;
  const parley_metrics_api* metrics = nullptr;  // may be NULL
  const parley_storage_api* storage = nullptr;  // may be NULL
  const parley_topic_api* topic = nullptr;      // may be NULL
  const parley_ephemeral_api* memory = nullptr; // may be NULL
  const parley_jobs_api* jobs = nullptr;        // may be NULL
};

inline parley_str to_str(std::string_view text) {
  return {text.data(), text.size()};
}
inline std::string_view view_of(parley_str text) {
  return {text.ptr, text.len};
}

enum class entry_kind {
  filter,
  join,
  observe,
  method,
  route,
  job,
  access,
  places,
  start,
  stop,
  timer
};

class vm;

// Where a function of the plugin is entered from.
struct handler {
  entry_kind kind = entry_kind::method;
  std::string_view name; // in the vm's manifest, or a literal
  int function = LUA_NOREF;
  vm* owner = nullptr;
};

// One entry and the coroutine it runs in, until its call has ended.
struct task {
  vm* owner = nullptr;
  lua_State* thread = nullptr;
  int thread_ref = LUA_NOREF;
  handler what;
  parley_call call = 0;
  parley_value input = 0;

  bool waiting = false; // for the completion below
  parley_status status = PARLEY_OK;
  parley_value result = 0;

  std::list<task>::iterator place; // among the vm's

  parley_value reply = 0;         // what the call will end with
  std::vector<parley_call> begun; // calls of the plugin's own that have not ended yet
};

struct timer {
  vm* owner = nullptr;
  int function = LUA_NOREF;
  parley_timer handle = 0;
};

// Ends the entry with an error for the caller. Texts may be empty.
struct failure {
  parley_status status = PARLEY_E_FAILED;
  std::string code, message, field;
  std::int64_t retry_after_ms = 0;
  std::string where; // the plugin's line, as `file:line: `; for the log
  std::string fault; // for the log: what is wrong with the plugin; empty where nothing is
};

class alignas(256) vm {
 public:
  vm(const host_api& api, const manifest::manifest& declared, std::string folder,
     const limits& max);
  ~vm();
  vm(const vm&) = delete;
  vm& operator=(const vm&) = delete;
  // A thread's extra space holds the address of its vm. The lowest byte of that is free, and counts
  // the pcalls that are open in the thread: so the count lives exactly as long as the thread.
  static vm& of(lua_State* L) { return *reinterpret_cast<vm*>(extra(L) - nested(L)); }
  static int nested(lua_State* L) {
    return static_cast<int>(reinterpret_cast<std::uintptr_t>(extra(L)) & 0xFF);
  }
  static void set_nested(lua_State* L, int depth) { extra(L) += depth - nested(L); }

  bool open(std::string* why); // makes the state with its libraries, and runs init.lua

  // Runs a handler for a call; the call will be ended, whatever happens.
  void enter(const handler& what, parley_call call, parley_value input);
  void start(parley_call call);
  void stop(parley_call call);

  // Begins an operation through begin(done, user) and yields until it is done; `then` is the
  // continuation, with the task as the current one. Raises where waiting is not possible here.
  // To yield unwinds the C stack like an exception: it costs twice as much where there is something
  // to destroy on the way, so callers of this keep views instead of strings.
  template <class Begin>
  int await(lua_State* L, lua_KFunction then, const Begin& begin) {
    task& t = may_wait(L);
    // A completion never comes from inside of the function, so the order of these two is free.
    return wait(L, t, then, begin(&vm::done, &t));
  }

  // Takes `units` from the entry's budget; raises where it is used up.
  void charge(lua_State* L, std::uint64_t units);
  std::uint64_t left() const { return over_ ? 0 : bounds_.instructions - used_; }
  bool over() const { return over_; }
  // The one error that nothing catches on its way up to the entry.
  [[noreturn]] void raise_over(lua_State* L);

  // Resumes an author's coroutine, inside of the one that runs.
  int resume_inner(lua_State* from, lua_State* inner, int arguments, int* results);
  // While it is above 0 nothing may wait: a C function is in between.
  int& unyieldable() { return unyieldable_; }

  bool closing = false; // a coroutine's closing variables run
  lua_State* switch_running(lua_State* now) { return std::exchange(running_, now); }

  parley_timer add_timer(lua_State* L, std::uint32_t delay_ms, int function_index);
  void cancel_timer(parley_timer which);

  void log(parley_call call, int level, std::string_view text);
  parley_call current_call() const { return current_ ? current_->call : 0; }

  const host_api api;
  const manifest::manifest declared;
  const std::string folder;
  task* current() { return current_; }
  lua_State* state() { return state_; }
  bool loading = false;
  int start_function = LUA_NOREF, stop_function = LUA_NOREF;
  std::map<std::string, int> methods, hooks, routes, jobs, access,
      places; // name → reference of the function
  std::vector<std::unique_ptr<handler>> provided;
  std::size_t memory_used() const { return memory_used_; }
  void collect(); // between entries
  std::size_t tasks() const { return tasks_.size(); }

 private:
  static char*& extra(lua_State* L) { return *static_cast<char**>(lua_getextraspace(L)); }
  struct entry_scope;
  static constexpr int full_period = 200; // instructions from one call of the hook to the next
  static std::uint64_t cpu_now_ns();
  static void* allocate(void* self, void* block, std::size_t old_size, std::size_t new_size);
  static void hook(lua_State* L, lua_Debug* record);
  static int body(lua_State* L);
  static int body_done(lua_State* L, int status, lua_KContext context);
  static void done(void* user, parley_status status, parley_value result);
  static void fired(void* user);

  bool rename_weak_mode();
  task& may_wait(lua_State* L);
  static int wait(lua_State* L, task& t, lua_KFunction then, parley_status begun);
  bool protect(lua_CFunction function, void* argument, std::string* why);
  failure describe(lua_State* thread, int status);
  void spend(lua_State* L, std::uint64_t units);
  void arm(lua_State* L, int period);
  void look_at_time();
  bool take_thread(task& t, std::string* why);
  void resume(task& t);
  void end_well(task& t);
  void end_badly(task& t, const failure& why);
  void end_begun(task& t);
  void forget(task& t, bool reuse);

  limits bounds_;
  lua_State* state_ = nullptr;
  std::size_t memory_used_ = 0;
  void* first_block_ = nullptr; // of the state
  std::size_t first_block_bytes_ = 0;
  bool privileged_ = true; // the runtime itself is at work, and may use the reserve

  std::uint64_t used_ = 0;
  std::uint64_t entry_began_ns_ = 0; // of processor time; 0: not looked at yet
  long coarse_ns_ = 0;
  bool over_ = false;
  bool over_time_ = false;
  std::string over_text_; // with the line where it was noticed first
  lua_State* running_ = nullptr;
  int unyieldable_ = 0;

  task* current_ = nullptr;
  std::list<task> tasks_;
  std::map<parley_timer, std::unique_ptr<timer>> timers_;
  std::vector<std::pair<lua_State*, int>> idle_;
};

// Makes the table at the top weak in its keys ("k") or values ("v").
inline constexpr const char* weak_mode_key = "parley.weak_mode"; // registry
void make_weak(lua_State* L, const char* what);

// The line of an author's that is at work in the thread, as `file:line: `; empty where there is
// none.
std::string line_of(lua_State* L);

// What the error value at the top of L, which ended `thread`, means. Calls nothing of the author's.
void describe_error(lua_State* L, lua_State* thread, int status, failure* out);

} // namespace parley::lua
