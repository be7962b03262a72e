#include "storage/expiry.hpp"

#include "observe/log.hpp"

#include <algorithm>

namespace parley::storage {
namespace json = boost::json;
namespace {

// In a row: others write just these records, so the next sweep goes on.
constexpr int most_conflicts = 10;

bool is_sealed(const collection& of, const std::string& field) {
  return std::any_of(of.columns.begin(), of.columns.end(), [&](const column& each) {
    return each.name == field && each.sealed.has_value();
  });
}

// One that has an order: where a sealed field is in it, it finds what is equal and nothing else.
const index* index_on(const collection& of, const std::string& field) {
  const auto found = std::find_if(of.indexes.begin(), of.indexes.end(), [&](const index& each) {
    return each.columns.front() == field &&
           std::none_of(each.columns.begin(), each.columns.end(),
                        [&](const std::string& name) { return is_sealed(of, name); });
  });
  return found == of.indexes.end() ? nullptr : &*found;
}

void complain(std::string_view what, const failure& why) {
  observe::write(observe::level::error, "what has expired cannot be erased",
                 {{"what", what}, {"why", why.message}});
}

} // namespace

void index_expiry(collection& of) {
  if (of.expires.empty() || index_on(of, of.expires) != nullptr) return;
  of.indexes.push_back({"parley_expiry_" + of.expires, {of.expires}, false});
}

expiry::expiry(engine& store, env::loop& logic, const env::clock& clock, settings with)
    : store_(store), logic_(logic), clock_(clock), settings_(with) {}

expiry::~expiry() {
  *alive_ = false;
  logic_.cancel(timer_);
}

void expiry::watch(const std::vector<collection>& all) {
  for (const collection& each : all) {
    const index* by = each.expires.empty() ? nullptr : index_on(each, each.expires);
    if (by == nullptr)
      watched_.erase(each.name);
    else
      watched_[each.name] = {each.name, each.expires, by->name, each.key};
  }
}

void expiry::begin() {
  sweep([this] {
    timer_ = logic_.after(std::chrono::milliseconds(settings_.every_ms), [this] { begin(); });
  });
}

void expiry::sweep(std::function<void()> done) {
  done_ = std::move(done);
  left_.clear();
  for (const auto& [name, each] : watched_) left_.push_back(each);
  trim();
}

void expiry::trim() {
  const std::string before = env::rfc3339(clock_.unix_ms() - settings_.log_ms);
  store_.trim_log(before, settings_.batch, later([this](const failure& why, bool more) {
                    if (why.code != status::ok) complain("logs", why);
                    if (why.code == status::ok && more) return trim();
                    page();
                  }));
}

void expiry::next() {
  left_.pop_back();
  conflicts_ = 0;
  page();
}

void expiry::page() {
  if (left_.empty()) return std::exchange(done_, nullptr)();
  const due& at = left_.back();
  query late;
  late.index = at.index;
  late.upper = json::value(env::rfc3339(clock_.unix_ms()));
  late.limit = settings_.batch;
  late.sealed = sealed_data::left;
  const auto memory = std::make_shared<json::monotonic_resource>();
  store_.range(at.name, late, memory.get(),
               later([this, memory](const failure& why, const std::vector<json::object>& records,
                                    bool more) {
                 if (why.code != status::ok) complain(left_.back().name, why);
                 if (why.code != status::ok || records.empty()) return next();
                 erase(records, more);
               }));
}

void expiry::erase(const std::vector<json::object>& records, bool more) {
  const due& at = left_.back();
  auto writes = store_.begin();
  for (const json::object& each : records) {
    json::array key;
    for (const std::string& part : at.key) key.push_back(each.at(part));
    writes->require(at.name, key, true, {{at.field, each.at(at.field)}}, condition_reason::batch);
    writes->erase(at.name, key);
  }
  store_.commit(std::move(writes), later([this, more](const commit_result& done) {
                  const bool is_conflict = done.why.code == status::conflict;
                  conflicts_ = is_conflict ? conflicts_ + 1 : 0;
                  if (done.why.code == status::ok) return more ? page() : next();
                  if (is_conflict && conflicts_ < most_conflicts) return page();
                  if (!is_conflict) complain(left_.back().name, done.why);
                  next();
                }));
}

} // namespace parley::storage
