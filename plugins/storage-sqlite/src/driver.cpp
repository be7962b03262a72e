#include "driver.hpp"

namespace parley::storage_sqlite {

// What the C functions hand on to; members are reached through it alone.
driver::driver(const settings& with)
    : readers_(with), dumper_(with), writer_(with, readers_, dumper_) {
  face_.size = sizeof face_;
  face_.self = this;
  face_.open = [](void* self, const parley_collection* collections, std::uint32_t count,
                  parley_driver_rows_done done, void* user) {
    static_cast<driver*>(self)->writer_.ask(open_request{collections, count, done, user});
  };
  face_.commit = [](void* self, const parley_driver_batch* batch, parley_driver_committed done,
                    void* user) {
    static_cast<driver*>(self)->writer_.ask(commit_request{batch, done, user});
  };
  face_.read = [](void* self, const parley_driver_read* read, parley_driver_rows_done done,
                  void* user) {
    static_cast<driver*>(self)->readers_.ask({read, done, user});
  };
  face_.read_log = [](void* self, const parley_driver_log_read* read, parley_driver_rows_done done,
                      void* user) {
    static_cast<driver*>(self)->readers_.ask({read, done, user});
  };
  face_.read_logs = [](void* self, const parley_driver_log_read* from, parley_driver_rows_done done,
                       void* user) {
    static_cast<driver*>(self)->readers_.ask({logs_query{from}, done, user});
  };
  face_.scrub = [](void* self, parley_driver_rows_done done, void* user) {
    static_cast<driver*>(self)->writer_.ask(scrub_request{done, user});
  };
  face_.heads = [](void* self, const parley_str* topics, std::uint32_t count,
                   parley_driver_rows_done done, void* user) {
    static_cast<driver*>(self)->readers_.ask({head_query{topics, count}, done, user});
  };
  face_.trim_log = [](void* self, parley_str before, std::uint32_t limit,
                      parley_driver_rows_done done, void* user) {
    static_cast<driver*>(self)->writer_.ask(trim_request{view(before), limit, done, user});
  };
  face_.widen = [](void* self, const parley_collection* collections, std::uint32_t count,
                   parley_driver_progress progress, parley_driver_rows_done done, void* user) {
    static_cast<driver*>(self)->writer_.ask(
        widen_request{collections, count, progress, done, user});
  };
  face_.search = [](void* self, const parley_driver_search* what, parley_driver_rows_done done,
                    void* user) {
    static_cast<driver*>(self)->readers_.ask({what, done, user});
  };
  face_.read_through = [](void* self, const parley_driver_through* what,
                          parley_driver_rows_done done, void* user) {
    static_cast<driver*>(self)->readers_.ask({what, done, user});
  };
  face_.dump = [](void* self, const parley_driver_dump* how, parley_driver_rows_done done,
                  void* user) {
    static_cast<driver*>(self)->dumper_.ask({*how, done, user});
  };
  face_.close = [](void* self, parley_driver_rows_done done, void* user) {
    static_cast<driver*>(self)->writer_.ask(close_request{done, user});
  };
}

} // namespace parley::storage_sqlite
