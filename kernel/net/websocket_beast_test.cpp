// What the cases of websocket_*_test.cpp show byte by byte, as Beast's client sees it; tests/e2e
// holds the same exchanges with npm's ws.

#include "net/websocket_proof.hpp"

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>

namespace parley::net::proof {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using net::testing::fixture;

struct terms {
  bool deflate = false;
  int window_bits = 15;
};

class beast_client : public ::testing::TestWithParam<terms> {
 protected:
  void SetUp() override {
    socket_.next_layer().connect(
        {asio::ip::make_address("127.0.0.1"), here_.server->ports().at(0)});
    websocket::permessage_deflate compression;
    compression.client_enable = GetParam().deflate;
    compression.server_max_window_bits = GetParam().window_bits;
    compression.msg_size_threshold = 100;
    socket_.set_option(compression);
    socket_.set_option(websocket::stream_base::decorator([](websocket::request_type& request) {
      request.set(beast::http::field::sec_websocket_protocol, "parley.v1");
    }));
    websocket::response_type got;
    socket_.handshake(got, "here", "/v1/socket");
    EXPECT_EQ(got[beast::http::field::sec_websocket_protocol], "parley.v1");
    EXPECT_EQ(got.count(beast::http::field::sec_websocket_extensions) > 0, GetParam().deflate);
    EXPECT_NE(ask(R"({"authenticate":{"scheme":"Bearer","credential":"good"}})").find("hello"),
              std::string::npos);
  }
  std::string read() {
    beast::flat_buffer buffer;
    socket_.read(buffer);
    EXPECT_TRUE(socket_.got_text());
    return beast::buffers_to_string(buffer.data());
  }
  std::string ask(const std::string& what) {
    socket_.write(asio::buffer(what));
    return read();
  }

  fixture here_;
  asio::io_context loop_;
  websocket::stream<asio::ip::tcp::socket> socket_{loop_};
};

const std::string greek = "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5";

} // namespace

TEST_P(beast_client, converses) {
  for (const std::size_t size : {0, 1, 60, 125, 126, 1'000, 1'100, 5'000, 19'000}) {
    const std::string says(size, 'x');
    EXPECT_NE(ask(call(says)).find("\"text\":\"" + says + "\""), std::string::npos) << size;
  }
  for (const std::size_t size : {125, 126, 127, 65'535, 65'536})
    EXPECT_EQ(ask(beat(size)), R"({"heartbeat":{}})") << size;
  EXPECT_NE(ask(call(greek)).find(greek), std::string::npos);
}

TEST_P(beast_client, sends_in_fragments) {
  std::string whole, answered; // that does not compress well
  for (unsigned i = 0, n = 1; i < 400; ++i)
    whole += std::to_string(n = n * 1'664'525 + 1'013'904'223);
  whole = call(whole + greek);
  socket_.control_callback([&](websocket::frame_type kind, beast::string_view content) {
    if (kind == websocket::frame_type::pong) answered += std::string(content) + ";";
  });
  if (GetParam().deflate) { // write_some of this client loses what a compressor still holds
    socket_.write_buffer_bytes(64);
    socket_.write(asio::buffer(whole));
  } else {
    for (std::size_t at = 0; at < whole.size(); at += 500) {
      const std::size_t size = std::min<std::size_t>(500, whole.size() - at);
      socket_.write_some(at + size == whole.size(), asio::buffer(whole.data() + at, size));
      if (at == 500 || at == 1'000) socket_.ping(websocket::ping_data(std::to_string(at)));
    }
  }
  EXPECT_THAT(read(), ::testing::HasSubstr(greek));
  EXPECT_EQ(answered, GetParam().deflate ? "" : "500;1000;");
}

TEST_P(beast_client, closes_and_is_closed) {
  socket_.close({websocket::close_code::going_away, "bye"});
  EXPECT_EQ(socket_.reason().code, 1001);
}

TEST_P(beast_client, is_told_why_it_is_closed) {
  socket_.binary(true);
  const std::string bytes = "binary";
  socket_.write(asio::buffer(bytes));
  beast::flat_buffer buffer;
  beast::error_code failed;
  socket_.read(buffer, failed);
  EXPECT_EQ(failed, websocket::error::closed);
  EXPECT_EQ(socket_.reason().code, 1003);
}

INSTANTIATE_TEST_SUITE_P(plain, beast_client, ::testing::Values(terms{}));
INSTANTIATE_TEST_SUITE_P(deflated, beast_client,
                         ::testing::Values(terms{true, 15}, terms{true, 9}));

} // namespace parley::net::proof
