#include "node/api_documents.hpp"

#include "plugin/assets.hpp"

namespace parley {

void api_documents::renew(std::shared_ptr<const dispatch::registry> current) {
  current_ = std::move(current);
  ready_ = {};
}

void api_documents::give(std::string_view path, std::function<void(found)> then) {
  waiting_.emplace_back(path, std::move(then));
  if (!current_ || ready_.openapi) return answer();
  if (!under_way_) begin();
}

api_documents::pair api_documents::make(const dispatch::registry& of,
                                        const documents::about& about) {
  const auto as_file = [](const boost::json::object& document) {
    return std::make_shared<const dispatch::file>(
        plugin::make_file(documents::to_text(document), "application/json", {}));
  };
  return {as_file(documents::openapi(of.manifests(), about)),
          as_file(documents::asyncapi(of.manifests(), about))};
}

void api_documents::begin() {
  // The server may have gone by the time that the pool comes to it, but not the loop.
  under_way_ = pool_.post([this, &logic = logic_, of = current_, about = about_] {
    logic.post([this, generation = of->generation(), what = make(*of, about)]() mutable {
      made(generation, std::move(what));
    });
  });
  if (!under_way_) answer();
}

void api_documents::made(std::uint64_t generation, pair what) {
  under_way_ = false;
  if (generation != current_->generation()) return begin(); // there is a newer one by now
  ready_ = std::move(what);
  answer();
}

void api_documents::answer() {
  for (auto& [path, then] : std::exchange(waiting_, {})) then(ready_.of(path));
}

} // namespace parley
