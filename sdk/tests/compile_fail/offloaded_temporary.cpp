// A lambda without a name, which g++ 12 would destroy twice.
#include "parley/parley.hpp"

parley::task<int> work(parley::call& c) {
  const int given = 1;
  co_return co_await parley::offload(c, [given] { return given; });
}
