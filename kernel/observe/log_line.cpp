// How a line looks.

#include <cmath>
#include <cstdio>

#include "env/env.hpp"
#include "observe/log.hpp"

namespace parley::observe {

namespace {

std::string_view name_of(level severity) {
  switch (severity) {
    case level::debug:
      return "debug";
    case level::info:
      return "info";
    case level::warn:
      return "warn";
    case level::error:
      return "error";
  }
  return "error";
}

// The length of the UTF-8 sequence at the front, 0 where there is none.
std::size_t sequence(std::string_view text) {
  const auto c = static_cast<unsigned char>(text.front());
  const std::size_t length = c < 0x80                 ? 1
                             : c >= 0xc2 && c <= 0xdf ? 2
                             : c >= 0xe0 && c <= 0xef ? 3
                             : c >= 0xf0 && c <= 0xf4 ? 4
                                                      : 0;
  if (length == 0 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) return 0;
  }
  if (length < 3) return length;
  const auto next = static_cast<unsigned char>(text[1]);
  const bool wrong = (c == 0xe0 && next < 0xa0) || (c == 0xed && next > 0x9f) ||
                     (c == 0xf0 && next < 0x90) || (c == 0xf4 && next > 0x8f);
  return wrong ? 0 : length;
}

// Fit for a JSON string; and no line can be forged, no terminal steered by what is logged.
void escape(std::string& out, std::string_view text, bool quotes) {
  while (!text.empty()) {
    const std::size_t length = sequence(text);
    if (length == 0) {
      out += "\xef\xbf\xbd";
      text.remove_prefix(1);
      continue;
    }
    const auto c = static_cast<unsigned char>(text.front());
    const bool c1 = length == 2 && c == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0;
    if (c < 0x20 || c == 0x7f || c1) {
      char code[8];
      const unsigned point = c1 ? static_cast<unsigned char>(text[1]) : c;
      std::snprintf(code, sizeof code, "\\u%04x", point);
      out += c == '\n' ? "\\n" : c == '\t' ? "\\t" : code;
    } else if (quotes && (c == '"' || c == '\\')) {
      out += '\\';
      out += static_cast<char>(c);
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  escape(out, text, true);
  out += '"';
}

struct plain_value {
  std::string& out;
  bool json;

  void operator()(std::string_view text) const {
    const bool bare =
        !json && !text.empty() && text.find_first_of(" \"=\\\n\t") == std::string_view::npos;
    bare ? escape(out, text, false) : append_quoted(out, text);
  }
  void operator()(std::int64_t n) const { out += std::to_string(n); }
  void operator()(std::uint64_t n) const { out += std::to_string(n); }
  void operator()(bool b) const { out += b ? "true" : "false"; }
  void operator()(double n) const {
    if (!std::isfinite(n)) return (*this)(std::string_view("not a number"));
    char text[32];
    std::snprintf(text, sizeof text, "%.9g", n);
    out += text;
  }
};

std::string json_line(std::int64_t unix_ms, level severity, std::string_view message,
                      std::initializer_list<field> fields) {
  std::string out = "{\"time\":\"" + env::rfc3339(unix_ms) + "\",\"level\":\"";
  out += name_of(severity);
  out += "\",\"message\":";
  append_quoted(out, message);
  for (const auto& one : fields) {
    out += ',';
    append_quoted(out, one.key);
    out += ':';
    std::visit(plain_value{out, true}, one.value);
  }
  return out + "}";
}

std::string human_line(bool colours, std::int64_t unix_ms, level severity, std::string_view message,
                       std::initializer_list<field> fields) {
  static constexpr const char* colour[] = {"", "\x1b[2m", "\x1b[32m", "\x1b[33m", "\x1b[31m"};
  const auto paint = [&](const char* code) { return colours ? code : ""; };
  std::string out = paint("\x1b[2m");
  out += env::rfc3339(unix_ms).substr(11, 12);
  out += paint("\x1b[0m");
  out += ' ';
  out += paint(colour[static_cast<int>(severity)]);
  std::string name(name_of(severity));
  name.resize(5, ' ');
  out += name + paint("\x1b[0m") + " ";
  escape(out, message, false);
  for (const auto& one : fields) {
    out += ' ';
    out += paint("\x1b[2m");
    escape(out, one.key, false);
    out += '=';
    out += paint("\x1b[0m");
    std::visit(plain_value{out, false}, one.value);
  }
  return out;
}

} // namespace

std::string line_of(format shape, bool colours, std::int64_t unix_ms, level severity,
                    std::string_view message, std::initializer_list<field> fields) {
  return shape == format::human ? human_line(colours, unix_ms, severity, message, fields)
                                : json_line(unix_ms, severity, message, fields);
}

} // namespace parley::observe
