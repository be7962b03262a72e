#pragma once

// What the cases of the storage drivers' suite are written with.

#include "parley/test/storage_driver.hpp"

#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace parley::test::storage {

class suite {
 public:
  explicit suite(const driver_maker& make);
  virtual ~suite();
  suite(const suite&) = delete;
  virtual void run() = 0;
  void end();

 protected:
  void reopen();
  void begin_anew(); // over another store, which is empty
  calls& store() { return *store_; }
  // A row of items with a name.
  static row item(std::string place, value seq, value name = null{}, value size = null{});
  // What a commit of it is answered with.
  parley_status status(batch what) { return store_->commit(std::move(what)).status; }
  committed append(const std::string& topic, const std::string& data = "{}",
                   const std::string& at = "2026-01-01");
  // One column of the items at the place "p", in their order.
  std::vector<plain> of_p(std::size_t column);

  const driver_maker& make_;

 private:
  void make_place();
  void remove_place() const;

  std::string place_;
  std::unique_ptr<running_driver> driver_;
  std::unique_ptr<calls> store_;
};

using suite_maker = std::unique_ptr<suite> (*)(const driver_maker& make);
// Nothing but what makes a linker take the files with the cases out of a library.
void row_cases();
void wider_cases();
void key_cases();
void range_cases();
void change_cases();
void condition_cases();
void batch_cases();
void number_cases();
void log_cases();
void restart_cases();
void search_cases();
void through_cases();
void dump_cases();
bool add_case(driver_case what, suite_maker how);

// One column of what was read.
std::vector<plain> column(const rows& from, std::size_t at);
inline plain number(std::int64_t from) {
  return from;
}

inline std::string shown(std::int64_t from) {
  return std::to_string(from);
}
inline std::string shown(const std::string& from) {
  return '"' + from.substr(0, 200) + '"';
}
std::string shown(const plain& from);
template <typename T>
std::string shown(const std::vector<T>& from) {
  std::string out;
  for (const T& each : from) out += (out.empty() ? "" : ", ") + shown(each);
  return "[" + out + "]";
}

[[noreturn]] void differs(const char* what, const std::string& is, const std::string& wanted,
                          const place& where);

template <typename T>
std::string any_shown(const T& from) {
  if constexpr (std::is_enum_v<T> || std::is_integral_v<T>)
    return shown(static_cast<std::int64_t>(from));
  else if constexpr (std::is_convertible_v<T, std::string>)
    return shown(std::string(from));
  else
    return shown(from);
}

template <typename A, typename B>
void check_equal(const A& is, const B& wanted, const char* what, const place& where) {
  bool same = false;
  if constexpr (std::is_integral_v<A>)
    same = static_cast<std::int64_t>(is) == static_cast<std::int64_t>(wanted);
  else
    same = is == wanted;
  if (!same) differs(what, any_shown(is), any_shown(wanted), where);
}

template <typename T>
void check_list(const std::vector<T>& is, const std::vector<T>& wanted, const char* what,
                const place& where) {
  if (is != wanted) differs(what, shown(is), shown(wanted), where);
}
template <typename List, typename... Elements>
void check_elements(const char* what, const place& where, const List& is, Elements&&... wanted) {
  check_list(is, List{std::forward<Elements>(wanted)...}, what, where);
}

inline void check(bool holds, const char* what, const place& where) {
  if (!holds) differs(what, "false", "true", where);
}

} // namespace parley::test::storage

// Macros, so that a breach shows what was written and where.
#define CHECK(...) check((__VA_ARGS__), #__VA_ARGS__, here::current())
#define CHECK_EQ(is, ...) check_equal(is, __VA_ARGS__, #is, here::current())
#define CHECK_LIST(...) check_elements(#__VA_ARGS__, here::current(), __VA_ARGS__)

// A case by its name; the second begins the driver again, over what it has stored.
#define DRIVER_CASE_WITH(case_name, again)                                                   \
  struct case_name final : suite {                                                           \
    using suite::suite;                                                                      \
    void run() override;                                                                     \
  };                                                                                         \
  const bool case_name##_added =                                                             \
      add_case({#case_name, again}, [](const driver_maker& make) -> std::unique_ptr<suite> { \
        return std::make_unique<case_name>(make);                                            \
      });                                                                                    \
  void case_name::run()
#define DRIVER_CASE(case_name) DRIVER_CASE_WITH(case_name, false)
#define DRIVER_CASE_AGAIN(case_name) DRIVER_CASE_WITH(case_name, true)
