#include "names.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace parley::gen {
using namespace std::string_view_literals;

namespace {

constexpr std::array<std::string_view, 97> keywords{
    "alignas",       "alignof",     "and",
    "and_eq",        "asm",         "auto",
    "bitand",        "bitor",       "bool",
    "break",         "case",        "catch",
    "char",          "char16_t",    "char32_t",
    "char8_t",       "class",       "co_await",
    "co_return",     "co_yield",    "compl",
    "concept",       "const",       "const_cast",
    "consteval",     "constexpr",   "constinit",
    "continue",      "decltype",    "default",
    "delete",        "do",          "double",
    "dynamic_cast",  "else",        "enum",
    "explicit",      "export",      "extern",
    "false",         "float",       "for",
    "friend",        "goto",        "if",
    "inline",        "int",         "long",
    "mutable",       "namespace",   "new",
    "noexcept",      "not",         "not_eq",
    "nullptr",       "operator",    "or",
    "or_eq",         "private",     "protected",
    "public",        "register",    "reinterpret_cast",
    "requires",      "return",      "short",
    "signed",        "sizeof",      "static",
    "static_assert", "static_cast", "struct",
    "switch",        "template",    "this",
    "thread_local",  "throw",       "true",
    "try",           "typedef",     "typeid",
    "typename",      "union",       "unsigned",
    "using",         "virtual",     "void",
    "volatile",      "wchar_t",     "while",
    "xor",           "xor_eq",      "import",
    "module",        "final",       "override",
    "errno"};

template <class List>
bool contains(const List& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

} // namespace

std::string identifier(std::string_view name) {
  std::string out;
  for (const char c : name) {
    out += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  }
  if (out.empty() || std::isdigit(static_cast<unsigned char>(out.front()))) out.insert(0, "_");
  if (contains(keywords, out)) out += '_';
  return out;
}

std::string after_dot(std::string_view name) {
  const auto dot = name.find('.');
  return identifier(dot == std::string_view::npos ? name : name.substr(dot + 1));
}

std::string method_stem(std::string_view name) {
  std::string out = after_dot(name);
  if (out.ends_with('_') && !name.ends_with('_')) out.pop_back();
  return out;
}

std::string literal(std::string_view text) {
  static constexpr char digits[] = "01234567";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      // Octal: three digits at most, so what follows is never taken for a part of it.
      out += '\\';
      out += digits[byte >> 6];
      out += digits[(byte >> 3) & 7];
      out += digits[byte & 7];
    } else {
      out += c;
    }
  }
  return out + '"';
}

bool standard_error(std::string_view code) {
  static constexpr std::array<std::string_view, 17> codes{"bad_json",
                                                          "bad_frame",
                                                          "invalid_params",
                                                          "unauthenticated",
                                                          "forbidden",
                                                          "not_found",
                                                          "unknown_method",
                                                          "method_not_allowed",
                                                          "request_timeout",
                                                          "conflict",
                                                          "idempotency_conflict",
                                                          "too_large",
                                                          "unsupported_media_type",
                                                          "too_many_requests",
                                                          "internal",
                                                          "unavailable",
                                                          "deadline_exceeded"};
  return contains(codes, code);
}

bool reserved_name(std::string_view name) {
  // What an author writes of namespace parley, without it in front, and `calls`.
  static constexpr std::array names{"counter"sv,
                                    "gauge"sv,
                                    "histogram"sv,
                                    "http_fields"sv,
                                    "http_request"sv,
                                    "http_response"sv,
                                    "metric"sv,
                                    "metric_labels"sv,
                                    "provide_route"sv,
                                    "ephemeral_class"sv,
                                    "erase"sv,
                                    "erase_operation"sv,
                                    "increment"sv,
                                    "increment_operation"sv,
                                    "memory_of"sv,
                                    "patch"sv,
                                    "patch_operation"sv,
                                    "put"sv,
                                    "put_operation"sv,
                                    "absent"sv,
                                    "absent_slot"sv,
                                    "acting_as"sv,
                                    "already_answered"sv,
                                    "arena"sv,
                                    "attempt"sv,
                                    "batch"sv,
                                    "begin_call"sv,
                                    "call"sv,
                                    "calls"sv,
                                    "check"sv,
                                    "close_session"sv,
                                    "commit_operation"sv,
                                    "condition"sv,
                                    "conflict"sv,
                                    "create_account"sv,
                                    "decode"sv,
                                    "decode_as"sv,
                                    "decode_optional"sv,
                                    "decode_required"sv,
                                    "decode_result"sv,
                                    "detail"sv,
                                    "encode"sv,
                                    "encode_fields"sv,
                                    "encode_items"sv,
                                    "encode_key"sv,
                                    "equals"sv,
                                    "error"sv,
                                    "error_of"sv,
                                    "event"sv,
                                    "event_class"sv,
                                    "exists"sv,
                                    "forbidden"sv,
                                    "from_c"sv,
                                    "get"sv,
                                    "get_operation"sv,
                                    "hook_run"sv,
                                    "host"sv,
                                    "identity_of"sv,
                                    "invalid_params"sv,
                                    "invocation"sv,
                                    "job_class"sv,
                                    "job_options"sv,
                                    "job_run"sv,
                                    "jobs_of"sv,
                                    "key"sv,
                                    "key_class"sv,
                                    "make_array"sv,
                                    "make_object"sv,
                                    "not_found"sv,
                                    "offload"sv,
                                    "offload_operation"sv,
                                    "open_session"sv,
                                    "operation"sv,
                                    "page"sv,
                                    "parse_json"sv,
                                    "plugin_base"sv,
                                    "publish"sv,
                                    "random_bytes"sv,
                                    "range"sv,
                                    "range_query"sv,
                                    "record_class"sv,
                                    "refresh_session"sv,
                                    "result"sv,
                                    "rfc3339"sv,
                                    "scope_access"sv,
                                    "search"sv,
                                    "search_hit"sv,
                                    "search_range"sv,
                                    "snippet"sv,
                                    "snippet_piece"sv,
                                    "text_search"sv,
                                    "scope_place"sv,
                                    "session_operation"sv,
                                    "session_step"sv,
                                    "task"sv,
                                    "tell"sv,
                                    "this_job"sv,
                                    "through"sv,
                                    "through_query"sv,
                                    "timer"sv,
                                    "to_c"sv,
                                    "to_handle"sv,
                                    "to_json"sv,
                                    "to_value"sv,
                                    "told"sv,
                                    "too_many_requests"sv,
                                    "unavailable"sv,
                                    "value"sv};
  return contains(names, name);
}

bool reserved_member(std::string_view name) {
  static constexpr std::array<std::string_view, 9> members{"start",
                                                           "stop",
                                                           "host",
                                                           "config",
                                                           "provide",
                                                           "provide_handlers",
                                                           "read_configuration",
                                                           "operator_",
                                                           "available"};
  return contains(members, name);
}

} // namespace parley::gen
