// permessage-deflate (RFC 7692): 12 messages, 13 offers.

#include "net/websocket_proof.hpp"

namespace parley::net::proof {
namespace {

using list = std::vector<std::string>;

const std::string plain_offer = "permessage-deflate",
                  agreed =
                      "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

// Words, so that there is something to refer back to.
std::string words(std::size_t size) {
  std::string out;
  for (std::size_t i = 0; out.size() < size; ++i)
    out += "word" + std::to_string(i * 7919 % 613) + " ";
  out.resize(size);
  return out;
}

list compressed(const std::string& content, std::size_t fragment = 0, int window = 15) {
  const std::string small = deflate(content, window);
  return fragment == 0 ? list{frame(text | deflated, small)} : fragments(small, fragment, deflated);
}

std::vector<example> messages() {
  std::vector<example> out;
  int group = 0;
  for (const std::size_t fragment : {0, 1, 16, 100, 1'000}) {
    ++group;
    int n = 0;
    for (const std::size_t size : {0, 8, 16, 64, 256, 1'024, 1'025, 4'096, 8'192, 19'000}) {
      const std::string says = words(size);
      out.push_back({"12." + std::to_string(group) + "." + std::to_string(++n),
                     compressed(call(says), fragment), echo(says), plain_offer});
    }
  }
  const std::string whole = call("Hello");
  const list said = echo("Hello");
  const std::string small = deflate(whole), empty(1, '\0');
  std::string flipped = deflate(call(words(2'000)));
  flipped[0] = '\x07'; // a type of block that there is not
  std::string final_block = small;
  final_block[0] = static_cast<char>(final_block[0] | 1); // BFINAL; goes on in another block
  const auto add = [&](list sent, list heard) {
    out.push_back({"12.6." + std::to_string(out.size() - 49), std::move(sent), std::move(heard),
                   plain_offer});
  };
  // Blocks that are stored, and two messages in turn: neither refers to the other.
  const std::string stored = std::string("\x00", 1) + static_cast<char>(whole.size() & 0xff) +
                             static_cast<char>(whole.size() >> 8) +
                             static_cast<char>(~whole.size() & 0xff) +
                             static_cast<char>(~whole.size() >> 8 & 0xff) + whole;
  add({frame(text | deflated, stored + empty)}, said);
  const std::string second = deflate(call("Hello", 2));
  add({frame(text | deflated, small) + frame(text | deflated, second)}, {said[0], said[0]});
  add({frame(text | deflated, small) + frame(text, call("Hello", 2))}, {said[0], said[0]});
  add({frame(text | deflated, final_block + empty)}, said); // RFC 7692, 7.2.3.4
  const std::string twice = call(words(500) + words(500));
  add({frame(text | deflated, deflate_in_two(twice.substr(0, 600), twice.substr(600)))},
      echo(words(500) + words(500)));
  add({frame(text | deflated, empty)}, {"error bad_json", "close 4200"});
  add({frame(text | deflated, "")}, {"close 1007"}); // no block at all (7.2.3.6)
  // What is broken.
  add({frame(text | deflated, flipped)}, {"close 1007"});
  add({frame(text | deflated, small.substr(0, small.size() / 2))}, {"close 1007"});
  add({frame(text | deflated, whole)}, {"close 1007"}); // not compressed at all
  add({frame(text | deflated, deflate(call("\xed\xa0\x80")))}, {"close 1007"});
  add({frame(first_text | deflated, small.substr(0, 9)), frame(last | deflated, small.substr(9))},
      {"close 1002"});
  add({frame(ping | deflated, small)}, {"close 1002"});
  add({frame(close | deflated, close_content(1000))}, {"close 1002"});
  add({frame(binary | deflated, small)}, {"close 1003"});
  add({frame(text | deflated | 0x20, small)}, {"close 1002"});
  // Limits hold for what comes out, and for what comes in.
  add({frame(text | deflated, deflate(beat(65'536)))}, {"heartbeat"});
  add({frame(text | deflated, deflate(beat(65'537)))}, {"close 1009"});
  add({frame(text | deflated, deflate(std::string(60'000'000, ' ')))}, {"close 1009"});
  add({frame(text | deflated, std::string((1U << 20) + 1, 'x'))}, {"close 1009"});
  // Between fragments.
  add({frame(first_text | deflated, small.substr(0, 9)), frame(ping, "p"),
       frame(last, small.substr(9))},
      {"pong p", said[0]});
  add(chopped(frame(text | deflated, small), 1), said);
  return out;
}

std::vector<example> offers() {
  std::vector<example> out;
  int n = 0;
  const auto add = [&](const std::string& offer, const std::string& answer, int window = 15) {
    const std::string at = "13." + std::to_string(++n) + ".";
    int size_n = 0;
    for (const std::size_t size : {100, 2'000, 19'000}) { // the reply goes compressed, or not
      const std::string says = words(size);
      out.push_back({at + std::to_string(++size_n),
                     answer.empty() ? list{frame(text, call(says))} : compressed(call(says)),
                     echo(says), offer, window, answer});
    }
  };
  add("permessage-deflate", agreed);
  add("permessage-deflate; client_max_window_bits", agreed); // as browsers offer
  add("permessage-deflate; server_no_context_takeover; client_no_context_takeover", agreed);
  add("permessage-deflate; client_max_window_bits=9", agreed);
  add("permessage-deflate; client_max_window_bits=\"10\"", agreed);
  for (const int bits : {8, 9, 10, 12, 14, 15})
    add("permessage-deflate; server_max_window_bits=" + std::to_string(bits),
        agreed + "; server_max_window_bits=" + std::to_string(bits), bits);
  // Declined, and the connection goes on without (5.1).
  for (const char* bad :
       {"permessage-deflate; server_max_window_bits",
        "permessage-deflate; server_max_window_bits=7",
        "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; server_max_window_bits=08",
        "permessage-deflate; server_max_window_bits=-9",
        "permessage-deflate; client_max_window_bits=99",
        "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; client_no_context_takeover=1",
        "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
        "permessage-deflate; client_max_window_bits=", "permessage-deflate; mystery",
        "permessage-bzip2", "x-webkit-deflate-frame"})
    add(bad, "");
  // The first that can be taken.
  add("permessage-bzip2, permessage-deflate; mystery, permessage-deflate; "
      "server_max_window_bits=10, permessage-deflate",
      agreed + "; server_max_window_bits=10", 10);
  add("permessage-deflate; server_max_window_bits=99, permessage-deflate", agreed);
  add("permessage-deflate;server_max_window_bits=9;client_max_window_bits,permessage-deflate",
      agreed + "; server_max_window_bits=9", 9);
  return out;
}

INSTANTIATE_TEST_SUITE_P(messages, suite, ::testing::ValuesIn(messages()), name_of);
INSTANTIATE_TEST_SUITE_P(offers, suite, ::testing::ValuesIn(offers()), name_of);

} // namespace
} // namespace parley::net::proof
