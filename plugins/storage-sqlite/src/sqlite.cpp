#include "sqlite.hpp"

#include <sqlite3.h>

#include <cstring>

namespace parley::storage_sqlite {

void statement::finalize::operator()(sqlite3_stmt* handle) const {
  sqlite3_finalize(handle);
}

void statement::bind_null(int at) {
  sqlite3_bind_null(handle_.get(), at);
}

void statement::bind(int at, std::int64_t value) {
  sqlite3_bind_int64(handle_.get(), at, value);
}

void statement::bind(int at, double value) {
  sqlite3_bind_double(handle_.get(), at, value);
}

void statement::bind_borrowed(int at, std::string_view text) {
  // An empty text without a pointer would become NULL.
  const char* from = text.data() != nullptr ? text.data() : "";
  sqlite3_bind_text64(handle_.get(), at, from, text.size(), SQLITE_STATIC, SQLITE_UTF8);
}

void statement::bind_copied(int at, std::string_view text) {
  const char* from = text.data() != nullptr ? text.data() : "";
  sqlite3_bind_text64(handle_.get(), at, from, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

void statement::bind(int at, const parley_cell& cell) {
  switch (cell.kind) {
    case PARLEY_INTEGER:
      return bind(at, cell.as.integer);
    case PARLEY_NUMBER:
      return bind(at, cell.as.number);
    case PARLEY_STRING:
      return bind_borrowed(at, view(cell.as.text));
    default:
      return bind_null(at);
  }
}

int statement::step() const {
  return sqlite3_step(handle_.get());
}

void statement::reset() const {
  sqlite3_reset(handle_.get());
}

int statement::run() const {
  const int code = step();
  reset();
  return code == SQLITE_ROW ? SQLITE_DONE : code;
}

bool statement::is_null(int column) const {
  return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
}

std::int64_t statement::integer(int column) const {
  return sqlite3_column_int64(handle_.get(), column);
}

std::string_view statement::text(int column) const {
  const auto* from = reinterpret_cast<const char*>(sqlite3_column_text(handle_.get(), column));
  if (from == nullptr) return {};
  return {from, static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column))};
}

parley_cell statement::cell(int column) const {
  parley_cell out{};
  switch (sqlite3_column_type(handle_.get(), column)) {
    case SQLITE_INTEGER:
      out.kind = PARLEY_INTEGER;
      out.as.integer = integer(column);
      break;
    case SQLITE_FLOAT:
      out.kind = PARLEY_NUMBER;
      out.as.number = sqlite3_column_double(handle_.get(), column);
      break;
    case SQLITE_NULL:
      out.kind = PARLEY_NULL;
      break;
    default:
      out.kind = PARLEY_STRING;
      out.as.text = borrow(text(column));
  }
  return out;
}

void database::shut::operator()(sqlite3* handle) const {
  sqlite3_close_v2(handle);
}

int database::open(const std::string& path, bool writable, std::uint32_t cache_mib) {
  sqlite3* handle = nullptr;
  const int flags = SQLITE_OPEN_NOMUTEX |
                    (writable ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READWRITE);
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  handle_.reset(handle);
  if (code != SQLITE_OK) return code;
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, 5000);
  // How free pages are kept is decided before anything is written; to set it later writes as well.
  const int made = writable ? make_shrinkable() : SQLITE_OK;
  if (made != SQLITE_OK) return made;
  // FULL is what survives a power cut in WAL mode; the checkpointer decides when to checkpoint.
  std::string setup =
      "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY;"
      "PRAGMA secure_delete=ON; PRAGMA wal_autocheckpoint=0; PRAGMA journal_size_limit=67108864;"
      "PRAGMA cache_size=-" +
      std::to_string(std::uint64_t{cache_mib} * 1024) + ";";
  if (!writable) setup += "PRAGMA query_only=1;";
  return execute(setup);
}

int database::make_shrinkable() {
  statement pages;
  int code = prepare("PRAGMA page_count", pages);
  if (code == SQLITE_OK) code = pages.step();
  if (code != SQLITE_ROW) return code;
  return pages.integer(0) == 0 ? execute("PRAGMA auto_vacuum=INCREMENTAL") : SQLITE_OK;
}

void database::close() {
  handle_.reset();
}

int database::execute(const std::string& sql) {
  return sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
}

int database::prepare(std::string_view sql, statement& out) {
  sqlite3_stmt* made = nullptr;
  const int code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &made, nullptr);
  out.handle_.reset(made);
  return code;
}

bool database::in_transaction() const {
  return sqlite3_get_autocommit(handle_.get()) == 0;
}

int database::changes() const {
  return sqlite3_changes(handle_.get());
}

std::string database::error() const {
  if (!handle_) return "the file is not open";
  std::string out = sqlite3_errmsg(handle_.get());
  // "disk I/O error" is all that SQLite says; the system knows more.
  const int reason = sqlite3_system_errno(handle_.get());
  if ((sqlite3_errcode(handle_.get()) & 0xff) == SQLITE_IOERR && reason != 0)
    out += std::string(" (") + std::strerror(reason) + ")";
  return out;
}

std::string_view view(const parley_str& text) {
  return {text.ptr, text.len};
}

parley_str borrow(std::string_view text) {
  return {text.data(), text.size()};
}

std::string quoted(std::string_view identifier) {
  std::string out = "\"";
  for (const char c : identifier) {
    if (c == '"') out += '"';
    out += c;
  }
  return out += '"';
}

} // namespace parley::storage_sqlite
