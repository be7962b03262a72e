// JSON as clients send it, and the frames of parley.v1 in it.

#include "input.hpp"
#include "net/client_frame.hpp"
#include "net/json_input.hpp"

#include <algorithm>

using namespace parley;

namespace {

bool has_fraction(const boost::json::value& in) {
  if (const auto* all = in.if_array()) return std::any_of(all->begin(), all->end(), has_fraction);
  if (const auto* all = in.if_object())
    return std::any_of(all->begin(), all->end(),
                       [](const auto& member) { return has_fraction(member.value()); });
  return in.is_double();
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  boost::json::value parsed;
  std::string problem;
  if (!net::parse_strict(fuzz::text_of(data, size), {}, parsed, problem)) {
    fuzz::promise(!problem.empty(), "a refusal has a reason");
    return 0;
  }
  // The last digit of a fraction is read as Boost.JSON does, and written as it is.
  if (has_fraction(parsed)) {
    net::read_frame(parsed);
    return 0;
  }
  const std::string digest = net::digest_of(parsed);
  boost::json::value again;
  fuzz::promise(net::parse_strict(boost::json::serialize(parsed), {}, again, problem),
                "what was read can be read again");
  fuzz::promise(net::digest_of(again) == digest, "and is the same");
  net::read_frame(parsed);
  return 0;
}
