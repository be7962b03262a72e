#pragma once

// The plugins of a node while it runs: started in order, upgraded one at a time, stopped in the
// reverse order. An upgrade is blue and green: the new version is loaded, widens its collections
// and starts while the old one serves; then it takes the old one's place within one turn, and the
// old one ends what it has begun and goes. Where anything fails the old one never stopped.

#include "plugin/loader.hpp"

#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

namespace parley::plugin {

struct deadlines {
  std::uint32_t start_ms = 10'000;
  std::uint32_t stop_ms = 5'000;
  std::uint32_t drain_ms = 30'000; // what an old version has begun
};

class lifecycle {
 public:
  using done = std::function<void(std::string why)>; // empty: it went well

  // What is the node's part in it.
  struct node_part {
    // Before a plugin starts: what it was granted.
    std::function<void(loaded_plugin&, done)> prepare;
    // What may be called has changed: the generation that holds `offers` is to be known.
    std::function<void()> changed;
  };

  // `shared.dispatch` and `shared.store` are there before `start`.
  lifecycle(services& shared, loader& load, deadlines bounds, node_part node);

  // One after the other. The first that fails ends it: `ended` gets its name and the reason.
  void start(std::vector<candidate> all, std::function<void(std::string plugin, std::string why)>);
  // The plugin of that name is replaced, or starts. Several wait for one another.
  void upgrade(candidate next, done ended);
  // Nothing is begun any more; what was started last ends first.
  void stop(std::function<void()> ended);

  const std::vector<std::unique_ptr<loaded_plugin>>& plugins() const { return plugins_; }
  const loaded_plugin* find(std::string_view name) const;
  std::vector<std::shared_ptr<const dispatch::offer>> offers() const;
  // Old versions that still end what they have begun.
  std::vector<const loaded_plugin*> draining() const;

 private:
  struct job {
    candidate what;
    done ended;
    std::unique_ptr<loaded_plugin> next;
  };
  using job_ptr = std::shared_ptr<job>;

  void start_next();
  void begin(job_ptr j);
  void migrate(const job_ptr& j);
  void start_version(const job_ptr& j);
  void take_over(const job_ptr& j);
  void give_up(const job_ptr& j, const std::string& why);
  void over(const job_ptr& j, const std::string& why);
  void drain(std::unique_ptr<loaded_plugin> old);
  void look_at_drain(std::list<std::unique_ptr<loaded_plugin>>::iterator old,
                     std::int64_t until_ns);
  void stop_last();
  std::unique_ptr<loaded_plugin>* place_of(std::string_view name);

  services& shared_;
  loader& loader_;
  deadlines deadlines_;
  node_part node_;
  std::vector<std::unique_ptr<loaded_plugin>> plugins_; // in start order
  std::deque<candidate> to_start_;
  std::function<void(std::string, std::string)> started_;
  std::deque<job_ptr> jobs_;
  std::list<std::unique_ptr<loaded_plugin>> draining_;
  std::function<void()> stopped_; // set: it ends
};

} // namespace parley::plugin
