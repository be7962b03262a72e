// What a script may use: memory, instructions, processor time.

#include "vm.hpp"

#include <time.h>

#include <cstdlib>
#include <string>

namespace parley::lua {
namespace {

constexpr std::size_t reserve_bytes = 256u << 10; // beyond the cap, for the runtime's own work
constexpr std::size_t bytes_an_instruction = 16;  // what allocating costs of the budget

} // namespace

// The processor time of this thread. It is a measure of work, not a clock: nothing is ever decided
// by it but that an entry which should be over is over.
std::uint64_t vm::cpu_now_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u +
         static_cast<std::uint64_t>(now.tv_nsec);
}

void* vm::allocate(void* self, void* block, std::size_t old_size, std::size_t new_size) {
  vm& v = *static_cast<vm*>(self);
  const std::size_t held = block == nullptr ? 0 : old_size; // else old_size says what it is for
  if (new_size == 0) {
    std::free(block);
    v.memory_used_ -= held;
    return nullptr;
  }
  if (new_size > held) {
    const std::size_t more = new_size - held;
    const std::size_t cap = v.bounds_.memory_bytes + (v.privileged_ ? reserve_bytes : 0);
    if (more > cap || v.memory_used_ > cap - more) {
      // Each refusal costs a full collection, so a loop of them must not go on for long.
      if (!v.privileged_) v.spend(v.running_, v.bounds_.instructions / 16);
      return nullptr;
    }
    if (!v.privileged_) v.spend(v.running_, new_size / bytes_an_instruction);
  }
  void* fresh = std::realloc(block, new_size);
  if (fresh == nullptr) return nullptr;
  if (v.first_block_ == nullptr) {
    v.first_block_ = fresh;
    v.first_block_bytes_ = new_size;
  }
  v.memory_used_ += new_size;
  v.memory_used_ -= held;
  return fresh;
}

// Counts; the error itself can only be raised by the hook or by `charge`.
void vm::spend(lua_State* L, std::uint64_t units) {
  used_ += units;
  if (used_ < bounds_.instructions) return;
  over_ = true;
  if (L != nullptr) arm(L, 1);
}

void vm::arm(lua_State* L, int period) {
  if (lua_gethook(L) == &vm::hook && lua_gethookcount(L) == period) return;
  lua_sethook(L, &vm::hook, LUA_MASKCOUNT, period);
}

void vm::charge(lua_State* L, std::uint64_t units) {
  spend(L, units);
  if (over_) raise_over(L);
}

void vm::raise_over(lua_State* L) {
  arm(L, 1); // whatever still runs on the way up ends at its first instruction
  if (over_text_.empty()) {
    over_text_ = line_of(L) + "over its budget of " +
                 (over_time_ ? std::to_string(bounds_.cpu_ms) + " ms of processor time"
                             : std::to_string(bounds_.instructions) + " instructions");
  }
  lua_pushlstring(L, over_text_.data(), over_text_.size());
  lua_error(L);
  std::abort(); // not reached: lua_error does not return
}

// Reading the processor time is a system call. Most often a few instructions took no time that
// could be noticed, and then it is left out.
void vm::look_at_time() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  if (now.tv_nsec == coarse_ns_) return;
  coarse_ns_ = now.tv_nsec;
  if (entry_began_ns_ == 0) { // the first look: until now it took no time that could be noticed
    entry_began_ns_ = cpu_now_ns();
    return;
  }
  if (cpu_now_ns() - entry_began_ns_ > bounds_.cpu_ms * 1'000'000) over_ = over_time_ = true;
}

void vm::hook(lua_State* L, lua_Debug*) {
  vm& v = of(L);
  const int period = lua_gethookcount(L);
  v.spend(L, static_cast<std::uint64_t>(period));
  if (!v.over_ && v.bounds_.cpu_ms != 0) v.look_at_time();
  if (v.over_) v.raise_over(L);
  if (period != full_period) v.arm(L, full_period);
}

std::string line_of(lua_State* L) {
  lua_Debug record{};
  for (int level = 0; lua_getstack(L, level, &record) != 0; ++level) {
    lua_getinfo(L, "Sl", &record);
    if (record.currentline > 0) {
      return std::string(record.short_src) + ":" + std::to_string(record.currentline) + ": ";
    }
  }
  return {};
}

} // namespace parley::lua
