#include "net/http_route.hpp"

#include "env/utf8.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>

namespace parley::net {

namespace json = boost::json;

namespace {

constexpr int base64 = sodium_base64_VARIANT_ORIGINAL;

std::string encoded(std::string_view bytes) {
  std::string out(sodium_base64_ENCODED_LEN(bytes.size(), base64), '\0');
  sodium_bin2base64(out.data(), out.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), base64);
  out.pop_back(); // the NUL
  return out;
}

bool decode(std::string_view text, std::string& out) {
  out.resize(text.size() / 4 * 3 + 3);
  std::size_t length = 0;
  const char* end = nullptr;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(out.data()), out.size(), text.data(),
                        text.size(), nullptr, &length, &end, base64) != 0)
    return false;
  out.resize(length);
  return end == text.data() + text.size();
}

void take(const text_parameters& from, json::object& out) {
  for (const auto& [name, value] : from) out[name] = value;
}

// Text that HTTP carries as it is; what is not UTF-8 stands for nothing that a plugin could use.
void take_headers(const http_request& from, json::object& out) {
  for (const auto& [name, value] : from.headers)
    if (env::is_utf8(name) && env::is_utf8(value)) out[name] = value;
}

bool is_token(std::string_view name) {
  static constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.find(c) != others.npos;
  });
}
bool is_header_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c == '\t' || (c >= ' ' && c != 0x7f) || c < 0; });
}

std::string lower(std::string_view name) {
  std::string out(name);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

// The server's own: a second one would change where the reply ends.
bool is_reserved(std::string_view name) {
  static constexpr std::array<std::string_view, 7> all{
      "content-length", "transfer-encoding", "connection", "keep-alive",
      "upgrade",        "trailer",           "te"};
  return std::find(all.begin(), all.end(), name) != all.end();
}

bool read_headers(const json::value& from, route_answer& out) {
  const json::object* all = from.if_object();
  if (!all) return false;
  for (const auto& member : *all) {
    const json::string* value = member.value().if_string();
    const std::string name = lower(member.key());
    if (!value || !is_token(name) || is_reserved(name) || !is_header_text(*value)) return false;
    if (name == "content-type")
      out.content_type = *value;
    else
      out.headers += name + ": " + std::string(*value) + "\r\n";
  }
  return true;
}

} // namespace

json::value route_input(const http_request& request, const request_target& to,
                        const text_parameters& path, std::string_view remote) {
  json::value made(json::make_shared_resource<json::monotonic_resource>());
  json::object& out = made.emplace_object();
  out["method"] = request.verb;
  out["path"] = to.path;
  take(path, out["params"].emplace_object());
  take(to.query, out["query"].emplace_object());
  take_headers(request, out["headers"].emplace_object());
  const bool text = env::is_utf8(request.body);
  out["body"] = text ? request.body : encoded(request.body);
  out["base64"] = !text;
  out["remote"] = remote;
  return made;
}

std::optional<route_answer> route_reply(std::string_view result) {
  boost::system::error_code failed;
  const json::value given = json::parse(result, failed);
  const json::object* all = failed ? nullptr : given.if_object();
  if (!all) return std::nullopt;
  route_answer out;
  bool in_base64 = false;
  bool has_status = false;
  for (const auto& member : *all) {
    const json::value& value = member.value();
    if (member.key() == "status" && value.is_int64() && value.get_int64() >= 200 &&
        value.get_int64() <= 599) {
      out.status = static_cast<unsigned>(value.get_int64());
      has_status = true;
    } else if (member.key() == "headers" && read_headers(value, out)) {
      continue;
    } else if (member.key() == "body" && value.is_string()) {
      out.body = value.get_string();
    } else if (member.key() == "base64" && value.is_bool()) {
      in_base64 = value.get_bool();
    } else {
      return std::nullopt;
    }
  }
  if (!has_status) return std::nullopt;
  if (in_base64) {
    const std::string text = std::move(out.body);
    if (!decode(text, out.body)) return std::nullopt;
  }
  const bool bodiless = out.status == 204 || out.status == 304;
  if (bodiless && !out.body.empty()) return std::nullopt;
  return out;
}

} // namespace parley::net
