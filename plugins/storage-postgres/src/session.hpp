#pragma once

// Connections as this driver uses them.

#include "connection.hpp"
#include "settings.hpp"

#include <exception>

namespace parley::storage_postgres {

// One attempt to connect.
inline constexpr std::chrono::milliseconds connect_within{5000};

inline constexpr const char* is_standby_sql = "SELECT pg_is_in_recovery()::int::bigint";

enum class purpose { write, read, search, change_tables };

// Connects once and sets the session up. Those that write share an advisory lock, by which a server
// that opens the store knows whether others have it open; a standby is refused for them. What is
// wrong, or nothing.
asio::awaitable<std::string> open_session(connection& link, const settings& with, purpose what,
                                          std::chrono::milliseconds within);

// Waits between attempts, longer each time, and never at the same moments as other nodes.
class backoff {
 public:
  std::chrono::milliseconds next();
  void reset() { least_ = shortest; }

 private:
  static constexpr std::chrono::milliseconds shortest{20}, longest{1000};
  std::chrono::milliseconds least_ = shortest;
};
asio::awaitable<void> pause(asio::io_context& io, std::chrono::milliseconds time);

// How a coroutine on its own ends; an exception is no memory, and ends the process.
inline void or_terminate(std::exception_ptr why) {
  if (why) std::rethrow_exception(why);
}

// Two transactions met; the same again can go well.
bool is_worth_another_try(std::string_view code);

} // namespace parley::storage_postgres
