#pragma once

// The store as plugins have it: the kernel's engine over a driver, on a logic loop of its own.

#include "store.hpp"

#include "config/config.hpp"
#include "ctl/own_store.hpp"
#include "env/thread.hpp"
#include "storage/engine.hpp"

namespace parley::bench {

class engine_store final : public store {
 public:
  // Messages can be searched where `is_searched`.
  engine_store(const place& at, bool is_searched);
  ~engine_store() override;

  void post(task what) override { logic_.loop().post(std::move(what)); }
  void append(const message& what, task done) override;
  void newest(std::uint32_t conversation, task done) override;
  // The first 20 messages of all, or of one conversation.
  void search(const std::string& words, task done);

 private:
  config::config config_;
  std::unique_ptr<ctl::own_store> driver_;
  env::loop_thread logic_{"logic"};
  std::unique_ptr<storage::engine> engine_;
};

} // namespace parley::bench
