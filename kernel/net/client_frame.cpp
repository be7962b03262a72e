#include "net/client_frame.hpp"

#include "net/json_input.hpp"

#include <algorithm>

namespace parley::net {

namespace json = boost::json;

namespace {

constexpr std::size_t id_bytes = 64;
constexpr const char* no_id =
    "A call has an `id`: text of at most 64 bytes, or an integer within 2^53.";
constexpr std::int64_t greatest_integer = std::int64_t{1} << 53;

std::string_view view(const json::string& text) {
  return {text.data(), text.size()};
}

bool is_exact(const json::value& number) {
  const std::int64_t* const whole = number.if_int64();
  return whole != nullptr && *whole >= -greatest_integer && *whole <= greatest_integer;
}

bool only_has(const json::object& frame, std::initializer_list<std::string_view> known) {
  return std::all_of(frame.begin(), frame.end(), [&](const auto& member) {
    return std::find(known.begin(), known.end(),
                     std::string_view(member.key().data(), member.key().size())) != known.end();
  });
}

// The id as JSON, or empty where it is none.
std::string read_id(const json::object& frame) {
  const json::value* id = frame.if_contains("id");
  if (id == nullptr) return {};
  if (const auto* text = id->if_string()) {
    std::string quoted;
    if (text->size() <= id_bytes) append_quoted(quoted, view(*text));
    return quoted;
  }
  if (is_exact(*id)) return json::serialize(*id);
  return {};
}

wrong_frame wrong(std::string why, std::string id = {}) {
  return {std::move(id), {"bad_frame", std::move(why)}};
}

// False where they are none.
bool read_cursors(const json::value* given, dispatch::cursors& out) {
  if (given == nullptr) return true;
  const json::object* all = given->if_object();
  if (all == nullptr) return false;
  out.reserve(all->size());
  for (const auto& [name, seq] : *all) {
    if (!is_exact(seq) || seq.get_int64() < 0) return false;
    out.emplace_back(std::string(name.data(), name.size()), seq.get_int64());
  }
  return true;
}

client_frame read_authenticate(const json::value& what) {
  const json::object* fields = what.if_object();
  const json::value* scheme = fields != nullptr ? fields->if_contains("scheme") : nullptr;
  const json::value* credential = fields != nullptr ? fields->if_contains("credential") : nullptr;
  if (scheme == nullptr || credential == nullptr || !scheme->is_string() ||
      !credential->is_string() || fields->size() != 2) {
    return wrong("`authenticate` takes `scheme` and `credential`, as text.");
  }
  return authenticate_frame{std::string(view(scheme->get_string())),
                            std::string(view(credential->get_string()))};
}

call_frame read_call(json::object& frame) {
  call_frame out;
  out.id = read_id(frame);
  const json::value* const name = frame.if_contains("method");
  const json::value* const deadline = frame.if_contains("deadline_ms");
  const bool in_time = deadline == nullptr || (is_exact(*deadline) && deadline->get_int64() >= 1 &&
                                               deadline->get_int64() <= UINT32_MAX);
  if (name == nullptr || !name->is_string() || !in_time ||
      !only_has(frame, {"id", "method", "params", "deadline_ms"})) {
    out.problem = dispatch::error{
        "bad_frame",
        "A call is `id` (text or integer), `method`, `params`, `deadline_ms` (from 1)."};
    return out;
  }
  out.method = view(name->get_string());
  out.params = frame.if_contains("params");
  if (deadline != nullptr) out.deadline_ms = static_cast<std::uint32_t>(deadline->get_int64());
  return out;
}

client_frame read_batch(json::value& what) {
  const std::string bad = "`batch` takes 1 to " + std::to_string(most_in_batch) + " calls.";
  json::array* const calls = what.if_array();
  if (calls == nullptr || calls->empty() || calls->size() > most_in_batch) return wrong(bad);
  batch_frame out;
  for (json::value& each : *calls) {
    json::object* const fields = each.if_object();
    if (fields == nullptr) return wrong("A call of a `batch` is an object.");
    out.calls.push_back(read_call(*fields));
    if (out.calls.back().id.empty()) return wrong(no_id);
  }
  return out;
}

client_frame read_resume(const json::value& what) {
  const json::object* fields = what.if_object();
  const json::value* only = fields != nullptr ? fields->if_contains("only") : nullptr;
  resume_frame out;
  if (fields == nullptr || !only_has(*fields, {"cursors", "only"}) ||
      (only != nullptr && !only->is_bool()) ||
      !read_cursors(fields->if_contains("cursors"), out.from)) {
    return wrong(
        "`resume` takes `cursors`: topics with their last `seq`; and `only`: true where "
        "no others are to be followed.");
  }
  out.only = only != nullptr && only->get_bool();
  return out;
}

client_frame read_unfollow(const json::value& what) {
  const json::object* fields = what.if_object();
  const json::value* topics = fields != nullptr ? fields->if_contains("topics") : nullptr;
  const json::array* names = topics != nullptr ? topics->if_array() : nullptr;
  unfollow_frame out;
  if (names == nullptr || fields->size() != 1 ||
      !std::all_of(names->begin(), names->end(), [](const auto& each) { return each.is_string(); }))
    return wrong("`unfollow` takes `topics`: a list of them.");
  for (const json::value& each : *names) out.topics.emplace_back(view(each.get_string()));
  return out;
}

client_frame read_heartbeat(const json::value& what) {
  const json::object* fields = what.if_object();
  heartbeat_frame out;
  if (fields == nullptr || !only_has(*fields, {"cursors"}) ||
      !read_cursors(fields->if_contains("cursors"), out.have))
    return wrong("`heartbeat` takes nothing, or `cursors`: topics with the last `seq` of each.");
  return out;
}

client_frame read_cancel(const json::value& what) {
  const json::object* fields = what.if_object();
  cancel_frame out{fields != nullptr && fields->size() == 1 ? read_id(*fields) : std::string()};
  if (out.id.empty()) return wrong("`cancel` takes the `id` of a call.");
  return out;
}

client_frame read_background(const json::value& what) {
  const json::object* fields = what.if_object();
  const json::value* on = fields != nullptr ? fields->if_contains("on") : nullptr;
  if (on == nullptr || !on->is_bool() || fields->size() != 1)
    return wrong("`background` takes `on`: true or false.");
  return background_frame{on->get_bool()};
}

} // namespace

client_frame read_frame(json::value& parsed) {
  json::object* const frame = parsed.if_object();
  if (frame == nullptr) return wrong("A frame is a JSON object.");
  if (frame->contains("method")) {
    call_frame call = read_call(*frame);
    if (!call.id.empty()) return call;
    return wrong(no_id);
  }
  if (frame->size() == 1) {
    json::value& what = frame->begin()->value();
    const std::string_view name = frame->begin()->key();
    if (name == "authenticate") return read_authenticate(what);
    if (name == "batch") return read_batch(what);
    if (name == "cancel") return read_cancel(what);
    if (name == "resume") return read_resume(what);
    if (name == "unfollow") return read_unfollow(what);
    if (name == "heartbeat") return read_heartbeat(what);
    if (name == "background") return read_background(what);
  }
  return wrong(
      "This is none of authenticate, resume, unfollow, heartbeat, background, cancel, "
      "batch or a call.",
      read_id(*frame));
}

} // namespace parley::net
