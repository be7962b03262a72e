#pragma once

// Certificates change while a server runs: they are renewed every few weeks.

#include "net/tls.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace parley::net {

// One certificate with its key. Not for two threads at once.
class certificate_watch {
 public:
  using taker = std::function<void(std::shared_ptr<const tls_context>)>;

  // What is there now is in use already.
  certificate_watch(std::string certificate, std::string key, taker take);

  // Hands over what the files hold now, if they have changed and can be used. A pair that does not
  // fit yet, since only one of the two was written, is looked at again the next time.
  void look();

 private:
  std::string stamp() const;

  std::string certificate_, key_;
  taker take_;
  std::string used_;       // the files as they were when last used
  std::string complained_; // and when last refused
};

} // namespace parley::net
