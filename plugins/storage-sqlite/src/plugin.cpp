// The plugin's entry: reads its configuration and offers the driver.

#include "driver.hpp"

#include "parley/call.h"
#include "parley/config.h"
#include "parley/log.h"
#include "parley/value.h"

#include <sqlite3.h>

#include <memory>

namespace {

using parley::storage_sqlite::driver;
using parley::storage_sqlite::settings;
using parley::storage_sqlite::view;

template <typename Api>
const Api* query(const parley_host* host, const char* name) {
  return static_cast<const Api*>(host->query(host, name, sizeof(Api)));
}

parley_status read_settings(const parley_host* host, settings& out) {
  const auto* config = query<parley_config_api>(host, PARLEY_CONFIG_INTERFACE);
  const auto* values = query<parley_value_api>(host, PARLEY_VALUE_INTERFACE);
  if (config == nullptr || values == nullptr) return PARLEY_E_UNAVAILABLE;
  parley_value read = 0;
  if (const parley_status status = config->read(host, &read); status != PARLEY_OK) return status;
  constexpr parley_str names[] = {{"path", 4},        {"commit_delay_us", 15}, {"readers", 7},
                                  {"cache_mib", 9},   {"check_mib", 9},        {"spare_mib", 9},
                                  {"ranked_rows", 11}};
  parley_slot slots[7]{};
  if (const parley_status status = values->fields(read, names, 7, slots); status != PARLEY_OK) {
    return status;
  }
  if (slots[0].kind == PARLEY_STRING) out.path = view(slots[0].as.text);
  const auto take = [&](const parley_slot& from, std::uint32_t& to) {
    if (from.kind == PARLEY_INTEGER) to = static_cast<std::uint32_t>(from.as.integer);
  };
  take(slots[1], out.commit_delay_us);
  take(slots[2], out.readers);
  take(slots[3], out.cache_mib);
  take(slots[4], out.check_mib);
  take(slots[5], out.spare_mib);
  take(slots[6], out.ranked_rows);
  return PARLEY_OK;
}

parley_status enter(const parley_host* host, parley_plugin* out) {
  const auto* storage = query<parley_storage_driver_api>(host, PARLEY_STORAGE_DRIVER_INTERFACE);
  if (storage == nullptr) return PARLEY_E_UNAVAILABLE;
  // Counting SQLite's memory takes one lock for all threads at each allocation, and nobody reads
  // it. Refused where another user of the library came first; then it only costs.
  sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  settings with;
  if (const parley_status status = read_settings(host, with); status != PARLEY_OK) return status;
  if (const auto* log = query<parley_log_api>(host, PARLEY_LOG_INTERFACE))
    with.tell = [host, log](std::int32_t level, const std::string& what) {
      log->write(host, 0, level, parley::storage_sqlite::borrow(what));
    };
  auto made = std::make_unique<driver>(with);
  const parley_status status = storage->offer(host, &made->face());
  if (status != PARLEY_OK) return status;
  out->self = made.release();
  out->destroy = [](void* self) { delete static_cast<driver*>(self); };
  return PARLEY_OK;
}

} // namespace

extern "C" PARLEY_EXPORT parley_status parley_plugin_entry_v1(const parley_host* host,
                                                              parley_plugin* out) {
  try {
    return enter(host, out);
  } catch (...) { // no memory, or no thread to be had
    return PARLEY_E_FAILED;
  }
}
