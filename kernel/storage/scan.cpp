#include "storage/scan.hpp"

namespace parley::storage {

query scan::next(std::uint32_t limit) const {
  query out;
  out.limit = limit;
  if (last_.empty()) return out;
  for (std::size_t i = 0; i < fixed_; ++i) out.prefix.push_back(last_[i]);
  out.lower = last_[fixed_];
  out.lower_exclusive = true;
  return out;
}

// A range is bounded in one component: what follows a key is what follows in its last component,
// then in the one before, and so on.
void scan::seen(const std::vector<boost::json::object>& records, bool more) {
  const bool had_bound = !last_.empty();
  if (!records.empty() && more) {
    last_.clear();
    for (const std::string& each : key_) last_.push_back(records.back().at(each));
    fixed_ = key_.size() - 1;
  } else if (!had_bound || fixed_ == 0) {
    is_over_ = true;
  } else {
    --fixed_;
  }
}

} // namespace parley::storage
