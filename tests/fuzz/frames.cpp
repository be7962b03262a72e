// WebSocket frames: the first byte says how the rest is cut, whether compression was agreed on, and
// whether some may be longer than others.

#include "input.hpp"
#include "net/frame.hpp"
#include "net/permessage_deflate.hpp"

#include <string>

using namespace parley;

namespace {

constexpr std::uint32_t limit = 4'096;

// Everything that was seen, so that it can be compared.
std::string decode(std::string bytes, std::size_t step, net::inflater* inflates, bool longer) {
  constexpr std::string_view beginning = "{\"resume\":";
  net::frame_decoder decoder(limit, inflates);
  if (longer) decoder.take_up_to(2 * limit, beginning);
  std::string all;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    std::span<char> input(bytes.data() + at, std::min(step, bytes.size() - at));
    while (true) {
      const net::frame_event event = decoder.next(input);
      if (event.what == net::frame_event::kind::need_more) break;
      const bool may_be = longer && (inflates || event.content.starts_with(beginning));
      fuzz::promise(event.content.size() <= (may_be ? 2 * limit : limit),
                    "nothing is longer than the limit");
      if (event.what == net::frame_event::kind::text)
        fuzz::promise(env::is_utf8(event.content), "text is UTF-8");
      all += std::to_string(static_cast<int>(event.what)) + std::to_string(event.code) + ":";
      all.append(event.content);
      all += '\n';
      if (event.what == net::frame_event::kind::fault ||
          event.what == net::frame_event::kind::close)
        return all;
    }
    fuzz::promise(input.empty(), "what was read is gone");
  }
  return all;
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static net::inflater inflates;
  net::inflater* const with = (data[0] & 1) != 0 ? &inflates : nullptr;
  const std::string bytes(fuzz::text_of(data, size).substr(1));
  const bool longer = (data[0] & 2) != 0;
  const std::string whole = decode(bytes, bytes.size() + 1, with, longer);
  const std::size_t step = 1 + data[0] / 4;
  // A fault in text that comes in pieces may be seen earlier than what stands before it ends.
  fuzz::promise(decode(bytes, step, with, longer) == whole, "pieces give the same");
  return 0;
}
