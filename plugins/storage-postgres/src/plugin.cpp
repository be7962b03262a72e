// The plugin's entry: reads its configuration and offers the driver.

#include "driver.hpp"

#include "parley/call.h"
#include "parley/config.h"
#include "parley/log.h"
#include "parley/value.h"

#include <iterator>
#include <memory>

namespace {

using parley::storage_postgres::borrow;
using parley::storage_postgres::driver;
using parley::storage_postgres::settings;
using parley::storage_postgres::view;

template <typename Api>
const Api* query(const parley_host* host, const char* name) {
  return static_cast<const Api*>(host->query(host, name, sizeof(Api)));
}

parley_status read_partitions(const parley_value_api& values, const parley_slot& from,
                              settings& out) {
  for (std::uint32_t i = 0, total = 1; from.kind == PARLEY_OBJECT && i < total; ++i) {
    parley_str name{};
    parley_slot number{};
    const parley_status status = values.members(from.as.value, i, &name, &number, 1, &total);
    if (status != PARLEY_OK) return status;
    if (i < total) {
      out.partitions[std::string(view(name))] = static_cast<std::uint32_t>(number.as.integer);
    }
  }
  return PARLEY_OK;
}

parley_status read_replicas(const parley_value_api& values, const parley_slot& from,
                            settings& out) {
  for (std::uint32_t i = 0, total = 1; from.kind == PARLEY_ARRAY && i < total; ++i) {
    parley_slot url{};
    const parley_status status = values.items(from.as.value, i, &url, 1, &total);
    if (status != PARLEY_OK) return status;
    if (i < total) out.replicas.emplace_back(view(url.as.text));
  }
  return PARLEY_OK;
}

parley_status read_settings(const parley_host* host, settings& out) {
  const auto* config = query<parley_config_api>(host, PARLEY_CONFIG_INTERFACE);
  const auto* values = query<parley_value_api>(host, PARLEY_VALUE_INTERFACE);
  if (config == nullptr || values == nullptr) return PARLEY_E_UNAVAILABLE;
  parley_value read = 0;
  if (const parley_status status = config->read(host, &read); status != PARLEY_OK) return status;
  constexpr parley_str names[] = {{"url", 3},
                                  {"schema", 6},
                                  {"connections", 11},
                                  {"wait_ms", 7},
                                  {"answer_ms", 9},
                                  {"search_connections", 18},
                                  {"search_ranked", 13},
                                  {"partitions", 10},
                                  {"replicas", 8},
                                  {"replica_lag_ms", 14}};
  parley_slot slots[std::size(names)]{};
  const parley_status status = values->fields(read, names, std::size(names), slots);
  if (status != PARLEY_OK) return status;
  if (slots[0].kind == PARLEY_STRING) out.url = view(slots[0].as.text);
  if (slots[1].kind == PARLEY_STRING) out.schema = view(slots[1].as.text);
  if (slots[2].kind == PARLEY_INTEGER) {
    out.connections = static_cast<std::uint32_t>(slots[2].as.integer);
  }
  if (slots[3].kind == PARLEY_INTEGER) out.wait = std::chrono::milliseconds(slots[3].as.integer);
  if (slots[4].kind == PARLEY_INTEGER) out.answer = std::chrono::milliseconds(slots[4].as.integer);
  if (slots[5].kind == PARLEY_INTEGER) {
    out.search_connections = static_cast<std::uint32_t>(slots[5].as.integer);
  }
  if (slots[6].kind == PARLEY_INTEGER) out.ranked = static_cast<std::uint32_t>(slots[6].as.integer);
  if (slots[9].kind == PARLEY_INTEGER) {
    out.replica_lag = std::chrono::milliseconds(slots[9].as.integer);
  }
  const parley_status split = read_partitions(*values, slots[7], out);
  return split == PARLEY_OK ? read_replicas(*values, slots[8], out) : split;
}

parley_status enter(const parley_host* host, parley_plugin* out) {
  const auto* storage = query<parley_storage_driver_api>(host, PARLEY_STORAGE_DRIVER_INTERFACE);
  if (storage == nullptr) return PARLEY_E_UNAVAILABLE;
  settings with;
  if (const parley_status status = read_settings(host, with); status != PARLEY_OK) return status;
  if (const auto* log = query<parley_log_api>(host, PARLEY_LOG_INTERFACE)) {
    with.log = [host, log](std::int32_t level, const std::string& message) {
      log->write(host, 0, level, borrow(message));
    };
  }
  auto made = std::make_unique<driver>(std::move(with));
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
