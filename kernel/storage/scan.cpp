#include "storage/scan.hpp"

namespace parley::storage {
namespace json = boost::json;

scan::scan(std::vector<std::string> order, json::array prefix, const json::object& position)
    : scan(std::move(order), std::move(prefix)) {
  last_ = json::array(position.at("last").as_array(), json::storage_ptr());
  fixed_ = position.at("fixed").to_number<std::size_t>();
}

json::object scan::position() const {
  return {{"last", last_}, {"fixed", fixed_}};
}

query scan::next(std::uint32_t limit) const {
  query out;
  out.limit = limit;
  if (last_.empty()) {
    out.prefix = prefix_;
    return out;
  }
  for (std::size_t i = 0; i < fixed_; ++i) out.prefix.push_back(last_[i]);
  out.lower = last_[fixed_];
  out.lower_exclusive = true;
  return out;
}

// A range is bounded in one component: what follows a row is what follows in its last component,
// then in the one before, and so on.
void scan::seen(const std::vector<json::object>& records, bool more) {
  const bool had_bound = !last_.empty();
  if (!records.empty() && more) {
    last_.clear();
    for (const std::string& each : order_) last_.push_back(records.back().at(each));
    fixed_ = order_.size() - 1;
  } else if (!had_bound || fixed_ == prefix_.size()) {
    is_over_ = true;
  } else {
    --fixed_;
  }
}

} // namespace parley::storage
