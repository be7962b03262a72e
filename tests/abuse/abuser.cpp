// Those who mean no good, one kind a process. Prints, as JSON, how the server ended what they did,
// and what CPU time this process took.

#include "commands.hpp"
#include "socket_link.hpp"

#include <zlib.h>
#include <boost/json.hpp>

#include <sys/resource.h>

#include <array>
#include <iostream>
#include <map>
#include <stdexcept>

namespace parley::abuse {

namespace json = boost::json;

namespace {

constexpr std::int64_t second = 1'000 * ns_in_ms;

class gang {
 public:
  explicit gang(const json::object& given);
  void run();

  void saw(const std::string& what) {
    ++outcomes_[what];
    if (++seen_ == total_) loop_.stop();
  }
  const std::string& token() { return tokens_[made_ % tokens_.size()]; }
  // From 127.0.0.2 on, so that limits of an address act as they do on real ones.
  std::uint8_t host() { return static_cast<std::uint8_t>(2 + made_ % hosts_); }
  std::uint64_t made() const { return made_; }
  void replace(); // one that was to stay has ended
  const std::string& bomb() const { return bomb_; }
  const std::string& small_bomb() const { return small_bomb_; }

 private:
  void add();
  void at_rate();
  void fill();

  loop loop_;
  std::string kind_;
  std::vector<std::string> tokens_;
  std::uint64_t hosts_, made_ = 0, missing_ = 0, seen_ = 0, total_; // total 0: for ever
  std::int64_t rate_, began_ns_ = steady_ns();
  std::map<std::string, std::uint64_t> outcomes_;
  std::string bomb_, small_bomb_;
};

// What the server said last, before it closed.
class offender : public socket_link {
 public:
  explicit offender(gang& of) : socket_link(of.host()), of_(of), turn_(of.made()) {}
  void closing() override {
    of_.saw(refused() != 0 ? std::to_string(refused()) : std::to_string(close_code()));
    close();
    gone();
  }
  void ended() override {
    of_.saw(close_code() == 0 && refused() == 0 ? "cut" : "ended");
    gone();
  }
  virtual void gone() {}

 protected:
  gang& of_;
  std::uint64_t turn_;
};

// Holds a connection for as long as it gets, by giving a little now and then: a header, a body, a
// WebSocket that does not authenticate, or nothing at all.
class slow : public offender {
 public:
  using offender::offender;
  void connected() override {
    if (turn_ % 4 == 0) send("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n");
    if (turn_ % 4 == 1)
      send(
          "POST /v1/auth/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
          "Content-Length: 1000000\r\n\r\n{");
    if (turn_ % 4 == 2) offender::connected();
    wake_at(steady_ns() + 3 * second);
  }
  void due() override {
    if (turn_ % 4 == 0) send("X-More: and more\r\n");
    if (turn_ % 4 == 1) send("                ");
    if (turn_ % 4 == 2 && upgraded()) send(std::string("\x89\x80\0\0\0\0", 6));
    wake_at(steady_ns() + 3 * second);
  }
  void gone() override { of_.replace(); }
};

// Sends all but the end of what the limits allow, as a body or as a frame, and then nothing.
class hoarder : public offender {
 public:
  using offender::offender;
  void connected() override {
    if (turn_ % 2 == 0) return offender::connected();
    send(
        "POST /v1/auth/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        "Content-Length: 1000000\r\n\r\n" +
        std::string(999'999, ' '));
  }
  void opened() override {
    std::string frame = masked_frame(std::string(65'536, ' '));
    frame.pop_back();
    send(frame);
  }
  void gone() override { of_.replace(); }
};

// Says that there is a gigabyte to come: as a body, a chunk, a frame; or sends a header without an
// end.
class announcer : public offender {
 public:
  using offender::offender;
  void connected() override {
    const std::string post =
        "POST /v1/auth/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n";
    if (turn_ % 5 == 0) send(post + "Content-Length: 1073741824\r\n\r\n{");
    if (turn_ % 5 == 1) send(post + "Transfer-Encoding: chunked\r\n\r\n40000000\r\n{");
    if (turn_ % 5 == 2) send("GET / HTTP/1.1\r\nX-Long: " + std::string(32'768, 'x'));
    if (turn_ % 5 >= 3) offender::connected();
  }
  void opened() override {
    constexpr char header[] = "\x81\xff\0\0\0\0\x40\0\0\0\0\0\0\0";
    if (turn_ % 5 == 3) return send(std::string(header, 14) + "{\"id\":");
    for (int i = 0; i < 18; ++i) { // a fragment of 4 KiB each, and none is the last
      std::string fragment = masked_frame(std::string(4'096, ' '));
      fragment[0] = static_cast<char>(i == 0 ? 0x01 : 0x00);
      send(fragment);
    }
  }
};

// One frame that is a thousand times as much when it is inflated; every other one ends below the
// limit, and is a heartbeat in many blanks.
class bomber : public offender {
 public:
  explicit bomber(gang& of) : offender(of) { deflates = true; }
  void opened() override {
    say(R"({"authenticate":{"scheme":"Bearer","credential":")" + of_.token() + "\"}}");
  }
  void heard(std::string_view text) override {
    if (text.starts_with("{\"hello\""))
      send(masked_frame(turn_ % 2 == 0 ? of_.bomb() : of_.small_bomb(), true));
    if (!text.starts_with("{\"heartbeat\"")) return;
    of_.saw("answered");
    close();
  }
};

// JSON that is 10,000 deep, as a frame and as a body.
class digger : public offender {
 public:
  using offender::offender;
  void connected() override {
    if (turn_ % 2 == 0) return offender::connected();
    const std::string body = R"({"name":)" + deep();
    send(
        "POST /v1/auth/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        "Content-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  void opened() override {
    say(R"({"authenticate":{"scheme":"Bearer","credential":")" + of_.token() + "\"}}");
  }
  void heard(std::string_view text) override {
    if (text.starts_with("{\"hello\""))
      say(R"({"id":1,"method":"account.me","params":{"a":)" + deep() + "}}");
  }

 private:
  std::string deep() const {
    return turn_ % 4 < 2 ? std::string(10'000, '[') + std::string(10'000, ']')
                         : repeated(R"({"a":)", 10'000) + "1" + std::string(10'000, '}');
  }
  static std::string repeated(std::string_view what, int times) {
    std::string out;
    while (times-- > 0) out += what;
    return out;
  }
};

// A member of the busiest room that reads until it has resumed, and then never again.
class deaf : public offender {
 public:
  explicit deaf(gang& of) : offender(of) { receive_buffer = 4'096; }
  void opened() override {
    say(R"({"authenticate":{"scheme":"Bearer","credential":")" + of_.token() + "\"}}");
    say(R"({"resume":{"cursors":{}}})");
  }
  void heard(std::string_view text) override {
    if (!text.starts_with("{\"resumed\"")) return;
    of_.saw("followed");
    read_nothing();
    wake_at(steady_ns() + 20 * second); // it cannot know whether it is still there
  }
  void due() override {
    close(true);
    of_.replace();
  }
  void gone() override { of_.replace(); }
};

// Comes, is there, and goes: by a close, or by a reset.
class restless : public offender {
 public:
  using offender::offender;
  void opened() override {
    say(R"({"authenticate":{"scheme":"Bearer","credential":")" + of_.token() + "\"}}");
    say(R"({"resume":{"cursors":{}}})");
  }
  void heard(std::string_view text) override {
    if (!text.starts_with("{\"resumed\"")) return;
    of_.saw("resumed");
    close(turn_ % 2 == 0);
  }
};

std::string deflated(const std::string& text) {
  z_stream z{};
  if (deflateInit2(&z, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY) != Z_OK) throw std::bad_alloc();
  std::string out(deflateBound(&z, text.size()) + 16, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  deflate(&z, Z_SYNC_FLUSH);
  out.resize(out.size() - z.avail_out - 4); // without the mark of the flush
  deflateEnd(&z);
  return out;
}

gang::gang(const json::object& given)
    : loop_(given.at("port").to_number<std::uint16_t>()),
      kind_(given.at("kind").as_string()),
      hosts_(given.at("hosts").to_number<std::uint64_t>()),
      missing_(given.at("count").to_number<std::uint64_t>()),
      total_(given.at("total").to_number<std::uint64_t>()),
      rate_(given.at("rate").to_number<std::int64_t>()) {
  for (const json::value& token : given.at("tokens").as_array())
    tokens_.emplace_back(token.as_string());
  if (kind_ != "bomb") return;
  bomb_ = deflated(std::string(60'000'000, ' '));
  small_bomb_ = deflated(std::string(60'000, ' ') + R"({"heartbeat":{}})");
}

void gang::add() {
  if (kind_ == "slow") loop_.add(std::make_unique<slow>(*this));
  if (kind_ == "hoard") loop_.add(std::make_unique<hoarder>(*this));
  if (kind_ == "announce") loop_.add(std::make_unique<announcer>(*this));
  if (kind_ == "bomb") loop_.add(std::make_unique<bomber>(*this));
  if (kind_ == "deep") loop_.add(std::make_unique<digger>(*this));
  if (kind_ == "deaf") loop_.add(std::make_unique<deaf>(*this));
  if (kind_ == "restless") loop_.add(std::make_unique<restless>(*this));
  ++made_;
}

void gang::replace() {
  ++missing_;
}

// So many at a time that are to stay: as fast as the rate allows. The others come at their rate for
// ever.
void gang::at_rate() {
  const bool stays = kind_ == "slow" || kind_ == "hoard" || kind_ == "deaf";
  const auto due = static_cast<std::uint64_t>((steady_ns() - began_ns_) * rate_ / second);
  static std::uint64_t begun = 0;
  for (; begun < due; ++begun) {
    if (stays && missing_ == 0) continue;
    if (stays) --missing_;
    add();
  }
  loop_.at(steady_ns() + 2 * ns_in_ms, [this] { at_rate(); });
}

void gang::run() {
  loop_.listen_to(0, [this](std::string_view text) {
    if (text.empty()) loop_.stop();
  });
  at_rate();
  loop_.run();
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  json::object seen;
  for (const auto& [what, times] : outcomes_) seen[what] = times;
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  std::cout << json::serialize(
                   json::object{{"kind", kind_},
                                {"made", made_},
                                {"outcomes", seen},
                                {"cpu_s", seconds(used.ru_utime) + seconds(used.ru_stime)},
                                {"seconds", static_cast<double>(steady_ns() - began_ns_) / second}})
            << std::endl;
}

} // namespace

int abuser(const json::object& given) {
  gang(given).run();
  return 0;
}

} // namespace parley::abuse
