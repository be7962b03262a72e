// What stands in `resume`, `heartbeat`, `unfollow` and the other frames: {"NAME": INPUT}.

#include "input.hpp"
#include "net/client_frame.hpp"
#include "net/json_input.hpp"

using namespace parley;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const char* name :
       {"resume", "heartbeat", "unfollow", "cancel", "batch", "background", "authenticate"}) {
    const std::string text =
        std::string("{\"") + name + "\":" + std::string(fuzz::text_of(data, size)) + "}";
    boost::json::value parsed;
    std::string problem;
    if (!net::parse_strict(text, {}, parsed, problem)) return 0;
    const net::client_frame frame = net::read_frame(parsed);
    if (const auto* resume = std::get_if<net::resume_frame>(&frame))
      for (const auto& [topic, seq] : resume->from) fuzz::promise(seq >= 0, "cursors are numbers");
    if (const auto* batch = std::get_if<net::batch_frame>(&frame))
      for (const auto& call : batch->calls)
        fuzz::promise(!call.id.empty() && (call.problem || !call.method.data() == false),
                      "a call in a batch can be answered");
  }
  return 0;
}
