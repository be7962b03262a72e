// JSON as clients send it, and the frames of parley.v1 in it.

#include "input.hpp"
#include "net/client_frame.hpp"
#include "net/json_input.hpp"

using namespace parley;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  boost::json::value parsed;
  std::string problem;
  if (!net::parse_strict(fuzz::text_of(data, size), {}, parsed, problem)) {
    fuzz::promise(!problem.empty(), "a refusal has a reason");
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
