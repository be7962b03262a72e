#include "yaml_document.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>
#include <utility>

#include "yaml-cpp/eventhandler.h"
#include "yaml-cpp/yaml.h"

namespace parley::yaml {
namespace json = boost::json;

namespace {

constexpr std::size_t max_bytes = 4u << 20;
constexpr std::size_t max_depth = 48;
constexpr std::size_t max_nodes = 200'000; // after aliases were expanded

struct fatal {
  position where;
  std::string what;
  std::string instead;
};

position from(const YAML::Mark& mark) {
  if (mark.is_null()) return {};
  return {mark.line + 1, mark.column + 1};
}

bool all(std::string_view text, bool (*fits)(char)) {
  return !text.empty() && std::all_of(text.begin(), text.end(), fits);
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_octal(char c) {
  return c >= '0' && c <= '7';
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool looks_like_float(std::string_view text) {
  std::size_t i = 0;
  auto digits = [&] {
    const std::size_t start = i;
    while (i < text.size() && is_digit(text[i])) ++i;
    return i - start;
  };
  if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
  std::size_t mantissa = digits();
  if (i < text.size() && text[i] == '.') {
    ++i;
    mantissa += digits();
  }
  if (mantissa == 0) return false;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
    if (digits() == 0) return false;
  }
  return i == text.size();
}

json::value whole_number(std::string_view text, std::string_view digits, int base) {
  const bool negative = text.front() == '-';
  std::uint64_t n = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), n, base);
  if (error != std::errc{}) return json::value(std::strtod(std::string(text).c_str(), nullptr));
  if (!negative) {
    if (n <= static_cast<std::uint64_t>(INT64_MAX)) return static_cast<std::int64_t>(n);
    return n;
  }
  if (n <= static_cast<std::uint64_t>(INT64_MAX)) return -static_cast<std::int64_t>(n);
  return -static_cast<double>(n);
}

// The core schema of YAML 1.2: what a plain scalar means.
json::value plain(const std::string& text, position where) {
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  std::string_view rest = text;
  const bool has_sign = !rest.empty() && (rest.front() == '-' || rest.front() == '+');
  if (has_sign) rest.remove_prefix(1);
  if (all(rest, is_digit)) return whole_number(text, rest, 10);
  if (!has_sign && rest.starts_with("0o") && all(rest.substr(2), is_octal)) {
    return whole_number(text, rest.substr(2), 8);
  }
  if (!has_sign && rest.starts_with("0x") && all(rest.substr(2), is_hex)) {
    return whole_number(text, rest.substr(2), 16);
  }
  std::string lower(rest);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (lower == ".inf" || (!has_sign && lower == ".nan")) {
    throw fatal{where, "`" + text + "` is not a number here",
                "a finite number, or quotes around it"};
  }
  if (looks_like_float(text)) {
    const double number = std::strtod(text.c_str(), nullptr);
    if (number > 1.7e308 || number < -1.7e308) {
      throw fatal{where, "`" + text + "` is too big a number",
                  "a smaller one, or quotes around it"};
    }
    return number;
  }
  return json::value(text);
}

struct size_of {
  std::size_t nodes = 1;
  std::size_t depth = 1;
};

size_of measure(const json::value& value) {
  size_of total;
  auto add = [&](const json::value& child) {
    const size_of inner = measure(child);
    total.nodes += inner.nodes;
    total.depth = std::max(total.depth, inner.depth + 1);
  };
  if (const auto* object = value.if_object()) {
    for (const auto& member : *object) add(member.value());
  } else if (const auto* array = value.if_array()) {
    for (const auto& item : *array) add(item);
  }
  return total;
}

// Builds the value from the parser's events. Events keep the marks, and aliases arrive unexpanded,
// so that their expansion can be limited.
class builder final : public YAML::EventHandler {
 public:
  builder(document& out, std::vector<problem>& problems) : out_(out), problems_(problems) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    position where = from(mark);
    if (!stack_.empty() && stack_.back().has_key) where = stack_.back().key_at;
    if (expects_key()) throw fatal{where, "a key is missing", "a name before the `:`"};
    enter(where);
    finish(nullptr, anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    const position where = from(mark);
    check_tag(tag, where);
    if (expects_key()) return take_key(text, where);
    enter(where);
    finish(tag == "?" ? plain(text, where) : json::value(text), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const position where = from(mark);
    if (expects_key()) throw fatal{where, "an alias stands as a key", "the key itself"};
    const auto known = anchors_.find(anchor);
    if (known == anchors_.end()) {
      throw fatal{where, "the alias stands within what it names", "the value itself"};
    }
    enter(where);
    const size_of size = measure(known->second);
    nodes_ += size.nodes;
    if (nodes_ > max_nodes || stack_.size() + size.depth > max_depth) too_big(where);
    finish(known->second, YAML::NullAnchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(from(mark), tag, anchor, json::array());
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(from(mark), tag, anchor, json::object());
  }
  void OnMapEnd() override { close(); }

 private:
  struct frame {
    json::value value;
    std::string pointer;
    YAML::anchor_t anchor = YAML::NullAnchor;
    bool has_key = false; // mappings: a key was read, its value comes next
    bool repeated = false;
    std::string key;
    position key_at;
  };

  [[noreturn]] static void too_big(position where) {
    throw fatal{where, "too much data, or nested too deeply",
                "at most " + std::to_string(max_depth) + " levels and " +
                    std::to_string(max_nodes) + " values, with aliases counted as copies"};
  }

  bool expects_key() const {
    return !stack_.empty() && stack_.back().value.is_object() && !stack_.back().has_key;
  }

  static void check_tag(const std::string& tag, position where) {
    if (tag.empty() || tag == "?" || tag == "!" || tag == "tag:yaml.org,2002:str") return;
    throw fatal{where, "the tag `" + tag + "` is not understood here", "the plain value"};
  }

  std::string next_pointer() const {
    if (stack_.empty()) return "";
    const frame& top = stack_.back();
    if (top.value.is_object()) return top.pointer + "/" + escape_pointer(top.key);
    return top.pointer + "/" + std::to_string(top.value.get_array().size());
  }

  void take_key(const std::string& text, position where) {
    frame& top = stack_.back();
    top.has_key = true;
    top.key = text;
    top.key_at = where;
    const auto [first, added] = out_.keys.emplace(top.pointer + "/" + escape_pointer(text), where);
    top.repeated = !added;
    if (added) return;
    problems_.push_back(
        {out_.file, where, "the key `" + text + "` is given twice",
         "give it only once (the first is in line " + std::to_string(first->second.line) + ")"});
  }

  void enter(position where) {
    if (++nodes_ > max_nodes || stack_.size() >= max_depth) too_big(where);
    out_.positions.emplace(next_pointer(), where);
  }

  void open(position where, const std::string& tag, YAML::anchor_t anchor, json::value empty) {
    check_tag(tag, where);
    if (expects_key()) throw fatal{where, "a key is a list or a mapping", "a plain name"};
    enter(where);
    frame next;
    next.value = std::move(empty);
    next.pointer = next_pointer();
    next.anchor = anchor;
    stack_.push_back(std::move(next));
  }

  void close() {
    frame done = std::move(stack_.back());
    stack_.pop_back();
    finish(std::move(done.value), done.anchor);
  }

  void finish(json::value value, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) anchors_[anchor] = value;
    if (stack_.empty()) {
      out_.root = std::move(value);
      return;
    }
    frame& top = stack_.back();
    if (auto* array = top.value.if_array()) {
      array->push_back(std::move(value));
      return;
    }
    if (!top.repeated) top.value.get_object().emplace(top.key, std::move(value));
    top.has_key = false;
  }

  document& out_;
  std::vector<problem>& problems_;
  std::vector<frame> stack_;
  std::map<YAML::anchor_t, json::value> anchors_;
  std::size_t nodes_ = 0;
};

// Notes where a second document begins, and nothing else.
class second_document final : public YAML::EventHandler {
 public:
  position start;
  void OnDocumentStart(const YAML::Mark& mark) override {
    start = from(mark);
    throw fatal{start, "a second document begins", "one document only"};
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

// Where the text stops being UTF-8 without U+0000, or npos.
std::size_t first_bad_byte(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == 0) return i;
    std::size_t more = 0;
    std::uint32_t point = c;
    if (c >= 0x80) {
      if (c >= 0xc2 && c <= 0xdf) {
        more = 1;
        point = c & 0x1f;
      } else if (c >= 0xe0 && c <= 0xef) {
        more = 2;
        point = c & 0x0f;
      } else if (c >= 0xf0 && c <= 0xf4) {
        more = 3;
        point = c & 0x07;
      } else {
        return i;
      }
    }
    if (i + more >= text.size()) return i;
    for (std::size_t k = 1; k <= more; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xc0) != 0x80) return i;
      point = (point << 6) | (next & 0x3f);
    }
    const bool overlong = (more == 2 && point < 0x800) || (more == 3 && point < 0x10000);
    if (overlong || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return i;
    i += more + 1;
  }
  return std::string_view::npos;
}

position position_of(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto line = std::count(before.begin(), before.end(), '\n');
  const std::size_t start = before.rfind('\n');
  const std::size_t column = start == std::string_view::npos ? offset : offset - start - 1;
  return {static_cast<int>(line) + 1, static_cast<int>(column) + 1};
}

void parse_events(std::string_view text, document& out, std::vector<problem>& problems) {
  std::istringstream stream{std::string(text)};
  YAML::Parser parser(stream);
  builder build(out, problems);
  parser.HandleNextDocument(build);
  second_document another;
  parser.HandleNextDocument(another);
}

} // namespace

std::string to_string(const problem& p) {
  std::string out = p.file;
  if (p.where.line > 0) {
    out += ':' + std::to_string(p.where.line) + ':' + std::to_string(p.where.column);
  }
  out += ": " + p.what;
  if (!p.instead.empty()) out += "; " + p.instead;
  return out;
}

std::string escape_pointer(std::string_view name) {
  std::string out;
  out.reserve(name.size());
  for (const char c : name) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

position document::at(std::string_view pointer) const {
  std::string rest(pointer);
  for (;;) {
    if (auto found = positions.find(rest); found != positions.end()) return found->second;
    const auto slash = rest.rfind('/');
    if (slash == std::string::npos) return {};
    rest.resize(slash);
  }
}

position document::at_key(std::string_view pointer) const {
  const auto key = keys.find(std::string(pointer));
  return key != keys.end() ? key->second : at(pointer);
}

void complaints::at(std::string_view pointer, std::string what, std::string instead) const {
  problems_.push_back({source_.file, source_.at(pointer), std::move(what), std::move(instead)});
}

void complaints::at_key(std::string_view pointer, std::string what, std::string instead) const {
  problems_.push_back({source_.file, source_.at_key(pointer), std::move(what), std::move(instead)});
}

document parse(std::string_view text, std::string file, std::vector<problem>& problems) {
  document out;
  out.file = std::move(file);
  if (text.size() > max_bytes) {
    problems.push_back({out.file, {}, "the file is too big", "at most 4 MiB"});
    return out;
  }
  if (const std::size_t bad = first_bad_byte(text); bad != std::string_view::npos) {
    problems.push_back({out.file, position_of(text, bad), "this is not UTF-8 text", "UTF-8"});
    return out;
  }
  try {
    parse_events(text, out, problems);
  } catch (const fatal& f) {
    problems.push_back({out.file, f.where, f.what, f.instead});
  } catch (const YAML::Exception& e) {
    problems.push_back({out.file, from(e.mark), "this is not YAML: " + e.msg, ""});
  } catch (const std::exception& e) {
    problems.push_back({out.file, {}, std::string("this cannot be read: ") + e.what(), ""});
  }
  out.positions.emplace("", position{1, 1});
  return out;
}

document read_file(const std::string& path, std::vector<problem>& problems) {
  std::string text;
  bool readable = false;
  try {
    std::ifstream stream(path, std::ios::binary);
    text.resize(max_bytes + 1); // no more, whatever it is: /dev/zero never ends
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    readable = stream.is_open() && !stream.bad();
    text.resize(static_cast<std::size_t>(stream.gcount()));
  } catch (const std::ios_base::failure&) {
    readable = false; // a directory, for one
  }
  if (!readable) {
    problems.push_back({path, {}, "the file cannot be read", "give the path of a file that can"});
    document out;
    out.file = path;
    return out;
  }
  return parse(text, path, problems);
}

} // namespace parley::yaml
