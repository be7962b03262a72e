#include "job_commands.hpp"

#include "control/socket.hpp"

#include <utility>

namespace parley {

namespace json = boost::json;

namespace {

constexpr std::uint32_t most_listed = 1000;

dispatch::job_orders::done told(const std::function<void(json::object)>& answer, const char* word) {
  return [answer, word](const std::string& why, std::size_t how_many) {
    if (!why.empty()) return answer({{"error", why}});
    answer({{"count", how_many}, {"done", word}});
  };
}

} // namespace

bool run_job_command(dispatch::job_orders& orders, std::int64_t now_ms, const json::object& asked,
                     const std::function<void(json::object)>& answer) {
  const std::string what = control::text_of(asked, "do");
  const std::string id = control::text_of(asked, "id"), job = control::text_of(asked, "job");
  if (what == "jobs.list") {
    const json::value* dead = asked.if_contains("dead");
    orders.list(dead && dead->is_bool() && dead->get_bool(), job, most_listed,
                [answer, now_ms](const std::string& why,
                                 const std::vector<dispatch::job_record>& found, bool more) {
                  if (!why.empty()) return answer({{"error", why}});
                  json::array all;
                  for (const auto& each : found) all.push_back(dispatch::shown(each, now_ms));
                  answer({{"jobs", std::move(all)}, {"more", more}});
                });
    return true;
  }
  if (what == "jobs.requeue" && !id.empty()) {
    orders.requeue(id, told(answer, "requeued"));
    return true;
  }
  if (what == "jobs.requeue" && !job.empty()) {
    orders.requeue_all(job, told(answer, "requeued"));
    return true;
  }
  if (what == "jobs.drop" && !id.empty()) {
    orders.drop(id, told(answer, "dropped"));
    return true;
  }
  return false;
}

} // namespace parley
