#include "net/permessage_deflate.hpp"

#include <zlib.h>
#include <boost/beast/http/rfc7230.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <set>
#include <stdexcept>

namespace parley::net {

namespace {

constexpr int window_bits = 15, level = 3, memory_level = 8;
constexpr std::size_t window_bytes = std::size_t{1} << window_bits;
constexpr std::size_t kept_bytes = 65'536;                  // of what a message was inflated to
constexpr char flush_mark[] = {'\0', '\0', '\xff', '\xff'}; // left out on the wire (7.2.1)

// 8 to 15 without leading zeros (7.1.2), or 0.
unsigned window_of(std::string_view text) {
  unsigned bits = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), bits);
  const bool whole = failed == std::errc() && end == text.data() + text.size();
  return whole && text.front() != '0' && bits >= 8 && bits <= 15 ? bits : 0;
}

// What stands behind the extension's name.
std::optional<deflate_agreement> take_offer(std::string_view parameters) {
  deflate_agreement out{
      "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
      std::numeric_limits<std::uint32_t>::max()};
  std::set<std::string, std::less<>> seen;
  while (!parameters.empty()) {
    std::string_view value = next_part(parameters, ';');
    const bool has_value = value.find('=') != std::string_view::npos;
    const std::string_view name = next_part(value, '=');
    if (value.size() > 1 && value.front() == '"' && value.back() == '"')
      value = value.substr(1, value.size() - 2);
    if (!seen.emplace(name).second || has_value == value.empty()) return std::nullopt;
    const unsigned bits = value.empty() ? 0 : window_of(value);
    if (name == "server_max_window_bits" && bits != 0) {
      out.header += "; server_max_window_bits=" + std::to_string(bits);
      if (bits < window_bits) out.largest_text = std::uint32_t{1} << bits;
    } else if (name == "client_max_window_bits" && (value.empty() || bits != 0)) {
      continue; // whatever window it takes, it can be read
    } else if ((name != "server_no_context_takeover" && name != "client_no_context_takeover") ||
               !value.empty()) {
      return std::nullopt;
    }
  }
  return out;
}

std::string_view content_of(std::string_view frame) {
  const unsigned form = static_cast<unsigned char>(frame[1]) & 0x7fU;
  return frame.substr(form < 126 ? 2U : form == 126 ? 4U : 10U);
}

Bytef* bytes_of(const char* text) { // zlib takes its input as not constant, and does not change it
  return reinterpret_cast<Bytef*>(const_cast<char*>(text));
}

} // namespace

// Beast's ext_list takes a parameter without a value for the end of the list, and gives an
// extension the parameters of the one before. A quoted value is a token here (RFC 6455, 9.1), so no
// mark is within one.
std::optional<deflate_agreement> agree_on_deflate(const http_request& request) {
  for (const auto& [name, value] : request.headers) {
    if (name != "sec-websocket-extensions") continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      std::string_view parameters = next_part(rest, ',');
      if (next_part(parameters, ';') != "permessage-deflate") continue;
      if (auto taken = take_offer(parameters)) return taken;
    }
  }
  return std::nullopt;
}

struct inflater::stream {
  z_stream z{};
  stream() {
    if (inflateInit2(&z, -window_bits) != Z_OK) throw std::bad_alloc();
  }
  ~stream() { inflateEnd(&z); }
  stream(const stream&) = delete;
};

inflater::inflater() = default;
inflater::~inflater() = default;

inflater::outcome inflater::inflate(std::string_view compressed, std::size_t limit,
                                    std::string_view& text) {
  if (!stream_) stream_ = std::make_unique<stream>();
  z_stream& z = stream_->z;
  inflateReset(&z);
  if (text_.capacity() > kept_bytes) text_ = {};
  std::size_t size = 0;
  for (const std::string_view part : {compressed, std::string_view(flush_mark, 4)}) {
    z.next_in = bytes_of(part.data());
    z.avail_in = static_cast<uInt>(part.size());
    bool has_more = true;
    while (has_more) {
      if (size == text_.size()) {
        text_.resize(std::min(limit + 1, std::max<std::size_t>(4'096, 2 * size)));
      }
      z.next_out = bytes_of(text_.data() + size);
      z.avail_out = static_cast<uInt>(text_.size() - size);
      const int seen = ::inflate(&z, Z_SYNC_FLUSH);
      size = text_.size() - z.avail_out;
      if (size > limit) return outcome::too_big;
      if (seen != Z_OK && seen != Z_BUF_ERROR && seen != Z_STREAM_END) return outcome::broken;
      if (seen == Z_STREAM_END && z.avail_in > 0) { // a last block need not be the last (7.2.3.4)
        const std::size_t known = std::min(size, window_bytes);
        inflateReset(&z);
        inflateSetDictionary(&z, bytes_of(text_.data() + size - known), static_cast<uInt>(known));
        continue;
      }
      has_more = z.avail_in > 0 || z.avail_out == 0;
    }
  }
  constexpr int between_blocks = 128; // zlib.h, inflate(): of data_type
  if ((z.data_type & between_blocks) == 0) return outcome::broken;
  text = {text_.data(), size};
  return outcome::done;
}

struct deflater::stream {
  z_stream z{};
  stream() {
    if (deflateInit2(&z, level, Z_DEFLATED, -window_bits, memory_level, Z_DEFAULT_STRATEGY) != Z_OK)
      throw std::bad_alloc();
  }
  ~stream() { deflateEnd(&z); }
  stream(const stream&) = delete;
};

deflater::deflater() = default;
deflater::~deflater() = default;

payload deflater::deflate(const payload& frame) {
  if (frame == last_) return last_deflated_;
  if (!stream_) stream_ = std::make_unique<stream>();
  z_stream& z = stream_->z;
  deflateReset(&z);
  const std::string_view content = content_of(*frame);
  std::string made(content.size(), '\0');
  z.next_in = bytes_of(content.data());
  z.avail_in = static_cast<uInt>(content.size());
  z.next_out = bytes_of(made.data());
  z.avail_out = static_cast<uInt>(made.size());
  const bool fits = ::deflate(&z, Z_SYNC_FLUSH) == Z_OK && z.avail_in == 0 && z.avail_out > 0;
  last_ = last_deflated_ = frame;
  if (!fits) return frame;
  made.resize(made.size() - z.avail_out - sizeof flush_mark);
  last_deflated_ = make_deflated_text(made);
  return last_deflated_;
}

void deflater::forget() {
  last_ = last_deflated_ = nullptr;
}

} // namespace parley::net
