// Random sequences of operations on a driver and on the model beside it.

#include "testing/driver_steps.hpp"
#include "testing/driver_suite.hpp"
#include "testing/wider_items.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

namespace parley::test::storage {

namespace {

class sequence final : public suite {
 public:
  sequence(const driver_maker& make, const std::vector<step>& steps) : suite(make), steps_(steps) {}

  void run() override {
    for (const step& each : steps_) {
      if (each.what == step::kind::commit) {
        submit(each);
      } else {
        settle();
        one(each);
      }
    }
    settle();
  }

 private:
  struct expected {
    const step* of;
    committed wanted;
    std::future<committed> answer;
  };

  [[noreturn]] static void differ(const step& at, const std::string& is,
                                  const std::string& wanted) {
    const std::string why = shown(at) + ": is " + is + ", and should be " + wanted;
    throw failure(why, why);
  }

  std::uint32_t collection(int shape) const {
    if (shape == of_tags) return tags;
    return shape == 0 ? items : static_cast<std::uint32_t>(shape + 1);
  }

  // As far as the store is widened at this point.
  model_op fitted(model_op op) const {
    op.shape = std::min(op.shape, model_.shape());
    if (op.shape != 0) return op;
    if (op.kind == PARLEY_OP_PUT) op.cells.resize(6);
    while (!op.columns.empty() && op.columns.back() > 5) {
      op.columns.pop_back();
      op.cells.pop_back();
    }
    return op;
  }

  void add(batch& to, const model_op& op) const {
    const std::uint32_t in = collection(op.shape);
    switch (op.kind) {
      case PARLEY_OP_PUT:
        return void(to.put(in, op.cells));
      case PARLEY_OP_PATCH:
        return void(to.patch(in, op.key, op.columns, op.cells));
      case PARLEY_OP_INCREMENT:
        return void(to.increment(in, op.key, op.columns[0], std::get<std::int64_t>(op.cells[0])));
      case PARLEY_OP_ERASE:
        return void(to.erase(in, op.key));
      case PARLEY_OP_APPEND:
        return void(to.append(model_topic(op.topic), op.cells[0], op.cells[1], op.cells[2]));
      case PARLEY_OP_VOID:
        return void(to.make_void(model_topic(op.topic), std::get<std::int64_t>(op.cells[0]),
                                 std::get<std::string>(op.cells[1])));
      case PARLEY_OP_REQUIRE_ABSENT:
        return void(to.absent(in, op.key));
      case PARLEY_OP_REQUIRE_EXISTS:
        return void(to.exists(in, op.key));
      default:
        return void(to.equal(in, op.key, op.columns, op.cells));
    }
  }

  // Without waiting, so that those which follow one another make a group.
  void submit(const step& what) {
    std::vector<model_op> ops;
    for (const model_op& each : what.ops) ops.push_back(fitted(each));
    auto made = std::make_shared<batch>();
    for (std::size_t i = 0; i < model_topics; ++i) made->topic(model_topic(i));
    for (const model_op& each : ops) add(*made, each);
    auto answer = store().submit(std::move(made));
    waiting_.push_back({&what, model_.commit(ops), std::move(answer)});
  }

  void settle() {
    const auto told = [](const committed& from) {
      if (from.status == PARLEY_OK) return "OK with the numbers " + storage::shown(from.numbers);
      return "status " + std::to_string(from.status) + " at operation " +
             std::to_string(from.failed_op);
    };
    for (expected& each : std::exchange(waiting_, {})) {
      const committed seen = store().await(std::move(each.answer));
      if (told(seen) != told(each.wanted))
        differ(*each.of, told(seen) + " " + seen.error, told(each.wanted));
    }
  }

  void same(const step& at, const rows& seen, const rows& wanted) {
    const auto told = [](const rows& from) {
      if (from.status != PARLEY_OK)
        return "status " + std::to_string(from.status) + " " + from.error;
      std::string out = from.more ? "(there is more) " : "";
      for (const plain_row& each : from.all) out += storage::shown(each);
      return out;
    };
    if (seen.status != PARLEY_OK || seen.all != wanted.all || seen.more != wanted.more)
      differ(at, told(seen), told(wanted));
  }

  void one(const step& what) {
    switch (what.what) {
      case step::kind::commit:
        return;
      case step::kind::read: {
        model_read read = what.read;
        read.shape = std::min(read.shape, model_.shape());
        if (read.shape == 0 && read.index == 2) return;
        const rows seen =
            store().read(collection(read.shape), read.index, read.prefix, read.within);
        return same(what, seen, model_.read(read));
      }
      case step::kind::read_log:
        return same(what, store().read_log(model_topic(what.topic), what.after, what.limit),
                    model_.read_log(what.topic, what.after, what.limit));
      case step::kind::heads: {
        std::vector<std::string> names;
        for (std::size_t i = 0; i < model_topics; ++i) names.push_back(model_topic(i));
        return same(what, store().heads(names), model_.heads());
      }
      case step::kind::trim:
        model_.trim(what.before);
        return same(what, store().trim_log(what.before, 1'000'000), {});
      case step::kind::widen:
        return widen(what);
      case step::kind::reopen:
        if (model_.shape() == widest) return;
        model_.reopen();
        return reopen();
    }
  }

  void widen(const step& what) {
    if (model_.shape() == widest) return;
    wider next;
    if (model_.shape() == 1) next.fill_size(5);
    same(what, store().widen(next.view()), {});
    model_.widen();
  }

  const std::vector<step>& steps_;
  driver_model model_;
  std::vector<expected> waiting_;
};

// What is wrong, or nothing.
std::optional<std::string> tried(const std::vector<step>& steps, const driver_maker& make) {
  try {
    sequence one(make, steps);
    one.run();
    one.end();
    return std::nullopt;
  } catch (const failure& why) {
    return why.sentence();
  }
}

// Takes away whatever may go, steps and then operations of batches, as long as it still fails.
class shrinking {
 public:
  shrinking(const driver_maker& make, std::vector<step> steps, std::string why)
      : make_(make), steps_(std::move(steps)), why_(std::move(why)) {}

  void run() {
    for (std::size_t part = steps_.size() / 2; part > 0; part /= 2) take_away(part);
    for (std::size_t before = 0; before != steps_.size();) {
      before = steps_.size();
      take_away(1);
    }
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      for (std::size_t at = steps_[i].ops.size(); at-- > 0 && steps_[i].ops.size() > 1;) {
        std::vector<step> fewer = steps_;
        fewer[i].ops.erase(fewer[i].ops.begin() + static_cast<std::ptrdiff_t>(at));
        keep_if_it_fails(std::move(fewer));
      }
    }
  }

  std::string text() const {
    std::string out = why_ + "\nby these " + std::to_string(steps_.size()) + " steps:";
    for (const step& each : steps_) out += "\n  " + shown(each);
    return out;
  }

 private:
  void take_away(std::size_t part) {
    for (std::size_t from = 0; from < steps_.size();) {
      std::vector<step> fewer = steps_;
      const auto begin = fewer.begin() + static_cast<std::ptrdiff_t>(from);
      fewer.erase(begin, begin + static_cast<std::ptrdiff_t>(std::min(part, fewer.size() - from)));
      if (!keep_if_it_fails(std::move(fewer))) from += part;
    }
  }

  bool keep_if_it_fails(std::vector<step> fewer) {
    const std::optional<std::string> why = tried(fewer, make_);
    if (!why) return false;
    steps_ = std::move(fewer);
    why_ = *why;
    return true;
  }

  const driver_maker& make_;
  std::vector<step> steps_;
  std::string why_;
};

} // namespace

void compare_with_model(std::uint64_t seed, std::size_t steps, const driver_maker& make,
                        bool begins_again) {
  std::vector<step> all = random_steps(seed, steps, begins_again);
  const std::optional<std::string> why = tried(all, make);
  if (!why) return;
  shrinking shortest(make, std::move(all), *why);
  shortest.run();
  throw failure(*why, "with the seed " + std::to_string(seed) + ": " + shortest.text());
}

} // namespace parley::test::storage
