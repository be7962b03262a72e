#include "backup/dump.hpp"

#include "storage/declaration.hpp"
#include "storage/requests.hpp"

#include <future>
#include <memory>

namespace parley::backup {

namespace {

struct running {
  piece_taker take;
  std::function<void(std::string)> done;
  parley_driver_dump how{};
  std::string why;
};

std::string error_of(const parley_driver_rows& from) {
  if (from.status == PARLEY_OK) return {};
  const std::string text(from.error.ptr, from.error.len);
  return text.empty() ? "the storage driver failed (" + std::to_string(from.status) + ")" : text;
}

} // namespace

bool can_dump(const parley_storage_driver& driver) {
  return storage::has(driver, driver.dump);
}

void dump(const parley_storage_driver& driver, piece_taker take,
          std::function<void(std::string)> done) {
  auto* under_way = new running{std::move(take), std::move(done), {}, {}};
  under_way->how.size = sizeof under_way->how;
  under_way->how.first = {storage::declarations_name.data(), storage::declarations_name.size()};
  under_way->how.take = [](void* user, const parley_driver_piece* piece) -> std::uint32_t {
    auto& in = *static_cast<running*>(user);
    in.why = in.take(*piece);
    return in.why.empty() ? 0 : 1;
  };
  driver.dump(
      driver.self, &under_way->how,
      [](void* user, const parley_driver_rows* rows) {
        const std::unique_ptr<running> ended(static_cast<running*>(user));
        ended->done(ended->why.empty() ? error_of(*rows) : ended->why);
      },
      under_way);
}

std::string dump_and_wait(const parley_storage_driver& driver, piece_taker take) {
  std::promise<std::string> ended;
  dump(driver, std::move(take), [&](std::string why) { ended.set_value(std::move(why)); });
  return ended.get_future().get();
}

std::string wait_for(const std::function<void(parley_driver_rows_done done, void* user)>& begin) {
  std::promise<std::string> ended;
  begin(
      [](void* user, const parley_driver_rows* rows) {
        static_cast<std::promise<std::string>*>(user)->set_value(error_of(*rows));
      },
      &ended);
  return ended.get_future().get();
}

} // namespace parley::backup
