// HTTP requests, whole and in two pieces, and all that is read of one before anybody is asked.

#include "input.hpp"
#include "net/http_reader.hpp"
#include "net/permessage_deflate.hpp"
#include "net/rest.hpp"
#include "net/upgrade.hpp"

using namespace parley;

namespace {

// As http_session does it: what is left comes again, with more behind it.
net::http_reader::state read(std::string_view bytes, std::size_t first, net::http_request& out) {
  const net::limits by;
  net::http_reader reader(by);
  std::string input;
  net::http_reader::state seen = net::http_reader::state::need_more;
  for (const std::string_view part : {bytes.substr(0, first), bytes.substr(first)}) {
    input += part;
    std::size_t used = 0;
    seen = reader.feed(input, used);
    fuzz::promise(used <= input.size(), "a reader uses what it has");
    input.erase(0, used);
    if (seen != net::http_reader::state::need_more) break;
  }
  if (seen == net::http_reader::state::complete) out = reader.take();
  return seen;
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text_of(data, size);
  net::http_request whole, parts;
  const auto seen = read(bytes, bytes.size(), whole);
  if (seen != net::http_reader::state::complete) return 0;
  const std::size_t cut = size < 2 ? 0 : data[size / 2] % size;
  if (read(bytes, cut, parts) == net::http_reader::state::complete) {
    fuzz::promise(
        whole.target == parts.target && whole.body == parts.body && whole.headers == parts.headers,
        "a request is the same in pieces");
  }
  net::read_target(whole.target);
  net::agree_on_deflate(whole);
  std::string headers;
  net::judge_upgrade(whole, headers);
  return 0;
}
