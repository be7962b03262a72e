#include "net/websocket_proof.hpp"

#include <zlib.h>
#include <boost/json.hpp>

#include <stdexcept>

namespace parley::net::proof {

namespace json = boost::json;
using net::testing::client;
using net::testing::fixture;

std::string call(std::string_view says, int id) {
  return "{\"id\":" + std::to_string(id) +
         R"(,"method":"test.echo","params":{"place":"p","text":")" + std::string(says) + "\"}}";
}

std::string beat(std::size_t size) {
  std::string out = R"({"heartbeat":{}})";
  out.resize(size, ' ');
  return out;
}

namespace {

std::string deflated_bytes(std::string_view content, int window_bits, std::string_view before,
                           int flush) {
  z_stream z{};
  if (deflateInit2(&z, 6, Z_DEFLATED, -window_bits, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error("zlib");
  std::string out(content.size() + content.size() / 100 + 64, '\0');
  std::string in(content), known(before);
  if (!known.empty())
    deflateSetDictionary(&z, reinterpret_cast<Bytef*>(known.data()),
                         static_cast<uInt>(known.size()));
  z.next_in = reinterpret_cast<Bytef*>(in.data());
  z.avail_in = static_cast<uInt>(in.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  ::deflate(&z, flush);
  out.resize(out.size() - z.avail_out - (flush == Z_SYNC_FLUSH ? 4 : 0));
  deflateEnd(&z);
  return out;
}

} // namespace

std::string deflate(std::string_view content, int window_bits) {
  return deflated_bytes(content, window_bits, {}, Z_SYNC_FLUSH);
}

std::string deflate_in_two(std::string_view first, std::string_view second) {
  return deflated_bytes(first, 15, {}, Z_FINISH) + deflated_bytes(second, 15, first, Z_SYNC_FLUSH);
}

std::string close_content(unsigned code, std::string_view reason) {
  std::string out;
  out += static_cast<char>(code >> 8);
  out += static_cast<char>(code & 0xffU);
  return out.append(reason);
}

std::string join(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& each : parts) out += each;
  return out;
}

std::vector<std::string> chopped(std::string_view bytes, std::size_t size) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < bytes.size(); at += size) out.emplace_back(bytes.substr(at, size));
  return out;
}

std::vector<std::string> fragments(std::string_view content, std::size_t size,
                                   unsigned extra_bits) {
  const std::vector<std::string> parts = chopped(content, size);
  std::vector<std::string> out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const unsigned ends = i + 1 == parts.size() ? 0x80U : 0U;
    out.push_back(frame(ends | (i == 0 ? first_text | extra_bits : more), parts[i]));
  }
  return out;
}

std::vector<std::string> echo(std::string_view says) {
  return {"echo " + std::string(says)};
}

namespace {

fixture& server() {
  static fixture here;
  return here;
}

std::string inflate(std::string_view content, int window_bits) {
  z_stream z{};
  if (inflateInit2(&z, -window_bits) != Z_OK) throw std::runtime_error("zlib");
  std::string in(content), out(1'000'000, '\0');
  in.append("\0\0\xff\xff", 4);
  z.next_in = reinterpret_cast<Bytef*>(in.data());
  z.avail_in = static_cast<uInt>(in.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(::inflate(&z, Z_SYNC_FLUSH), Z_OK) << (z.msg != nullptr ? z.msg : "");
  EXPECT_EQ(z.avail_in, 0U);
  out.resize(out.size() - z.avail_out);
  inflateEnd(&z);
  return out;
}

std::string told(std::string_view reply) {
  const json::object said = json::parse(reply).as_object();
  if (const json::value* why = said.if_contains("error"))
    return "error " + std::string(why->at("code").as_string());
  if (said.contains("heartbeat")) return "heartbeat";
  return "echo " + std::string(said.at("result").at("params").at("text").as_string());
}

// The server's frames, each as strictly as a client must take them.
std::string heard(client& from, const example& what) {
  const client::raw_frame got = from.hear_frame();
  if (got.first == 0) return "end";
  const unsigned first = got.first & ~deflated;
  const bool is_deflated = first != got.first;
  EXPECT_FALSE(is_deflated && (what.offer.empty() || first != text)) << what.number;
  EXPECT_FALSE(got.is_masked) << what.number;
  EXPECT_TRUE(got.is_shortest) << what.number;
  if (first == close) {
    if (got.content.empty()) return "close";
    const auto high = static_cast<unsigned char>(got.content.at(0));
    return "close " + std::to_string(high << 8 | static_cast<unsigned char>(got.content.at(1)));
  }
  if (first == pong) return "pong " + got.content;
  EXPECT_EQ(first, text) << what.number;
  return told(is_deflated ? inflate(got.content, what.window_bits) : got.content);
}

} // namespace

void run(const example& what) {
  client one = server().connect();
  const auto upgrade =
      one.open_socket(what.offer.empty() ? "" : "Sec-WebSocket-Extensions: " + what.offer + "\r\n");
  if (!what.agreed.empty() || what.offer.empty()) {
    const auto given = upgrade.headers.find("sec-websocket-extensions");
    EXPECT_EQ(given == upgrade.headers.end() ? "" : given->second, what.agreed);
  }
  one.say(R"({"authenticate":{"scheme":"Bearer","credential":"good"}})");
  ASSERT_EQ(one.hear_frame().first, text); // `hello`
  for (const std::string& each : what.sent) one.send(each);
  std::vector<std::string> seen;
  for (std::size_t i = 0; i < what.heard.size(); ++i) seen.push_back(heard(one, what));
  EXPECT_EQ(seen, what.heard);
  if (what.heard.empty() || !what.heard.back().starts_with("close")) {
    one.send(frame(close, close_content(1000)));
    EXPECT_EQ(heard(one, what), "close 1000");
  }
  one.end_sending();
  EXPECT_EQ(heard(one, what), "end"); // and nothing else before it
}

} // namespace parley::net::proof
