#include "dispatch/job_records.hpp"

namespace parley::dispatch {

namespace json = boost::json;

namespace {
const char* state_of(bool dead) {
  return dead ? "dead" : "queued";
}
std::string text(const json::object& in, std::string_view key) {
  return std::string(in.at(key).as_string());
}
} // namespace

storage::collection jobs_collection() {
  using storage::column_type;
  return {std::string(jobs_name),
          1,
          {"id"},
          {{"id", column_type::text, true},
           {"name", column_type::text, true},
           {"params", column_type::json, true},
           {"state", column_type::text, true},
           {"due_ms", column_type::integer, true},
           {"mark", column_type::text, true},
           {"node", column_type::text, true},
           {"attempts", column_type::integer, true},
           {"error", column_type::text, true},
           {"cron", column_type::text, true},
           {"queued_at", column_type::text, true}},
          {{"by_name", {"state", "name", "due_ms", "id"}, false},
           {"by_time", {"state", "due_ms", "id"}, false}}};
}

json::object job_record::progress_json() const {
  return {{"state", state_of(dead)}, {"due_ms", due_ms}, {"mark", mark}, {"node", node},
          {"attempts", attempts},    {"error", error},   {"cron", cron}};
}

json::object job_record::to_json() const {
  json::object out = progress_json();
  out["id"] = id;
  out["name"] = name;
  out["params"] = params;
  out["queued_at"] = queued_at;
  return out;
}

job_record job_record::from_json(const json::object& in) {
  job_record out;
  out.id = text(in, "id");
  out.name = text(in, "name");
  out.params = in.at("params");
  out.dead = in.at("state").as_string() == state_of(true);
  out.due_ms = in.at("due_ms").to_number<std::int64_t>();
  out.mark = text(in, "mark");
  out.node = text(in, "node");
  out.attempts = in.at("attempts").to_number<std::int64_t>();
  out.error = text(in, "error");
  out.cron = text(in, "cron");
  out.queued_at = text(in, "queued_at");
  return out;
}

storage::query jobs_in_state(bool dead, std::string_view name, std::uint32_t limit) {
  storage::query out;
  out.index = "by_name";
  out.prefix = {state_of(dead)};
  if (!name.empty()) out.prefix.emplace_back(name);
  out.limit = limit;
  return out;
}

storage::query jobs_dead_before(std::int64_t unix_ms, std::uint32_t limit) {
  storage::query out;
  out.index = "by_time";
  out.prefix = {state_of(true)};
  out.upper = json::value(unix_ms);
  out.limit = limit;
  return out;
}

storage::failure require_unchanged(storage::batch& in, const job_record& job) {
  return in.require(jobs_name, {job.id}, true, {{"mark", job.mark}},
                    storage::condition_reason::batch);
}

} // namespace parley::dispatch
