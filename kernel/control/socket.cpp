#include "control/socket.hpp"

#include "control/client.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <set>

namespace parley::control {

namespace asio = boost::asio;
namespace json = boost::json;
using local = asio::local::stream_protocol;

namespace {

constexpr std::size_t longest_line = 64 << 10;
constexpr std::size_t most_connections = 16;

struct connection : std::enable_shared_from_this<connection> {
  connection(local::socket with, handler& how) : peer(std::move(with)), what(how) {}

  void read() {
    asio::async_read_until(
        peer, asio::dynamic_buffer(text, longest_line), '\n',
        [self = shared_from_this()](const boost::system::error_code& failed, std::size_t length) {
          if (failed) return self->end();
          const std::string line = self->text.substr(0, length);
          self->text.erase(0, length);
          self->asked(line);
        });
  }

  void asked(const std::string& line) {
    boost::system::error_code wrong;
    const json::value read_value = json::parse(line, wrong);
    if (wrong || !read_value.is_object())
      return answer({{"error", "a question is one JSON object on one line"}});
    what(read_value.get_object(),
         [self = shared_from_this()](json::object said) { self->answer(std::move(said)); });
  }

  void answer(const json::object& said) {
    out = json::serialize(said) + '\n';
    asio::async_write(
        peer, asio::buffer(out),
        [self = shared_from_this()](const boost::system::error_code& failed, std::size_t) {
          if (failed) return self->end();
          self->read();
        });
  }

  void end() {
    if (ended) std::exchange(ended, nullptr)();
    boost::system::error_code ignored;
    peer.close(ignored);
  }

  local::socket peer;
  handler& what;
  std::function<void()> ended;
  std::string text, out;
};

} // namespace

struct socket::state : std::enable_shared_from_this<state> {
  state(env::real_loop& on, std::filesystem::path where, handler how)
      : acceptor(on.context()), file(std::move(where)), what(std::move(how)) {}

  void accept() {
    acceptor.async_accept(
        [self = shared_from_this()](const boost::system::error_code& failed, local::socket peer) {
          if (failed) return; // closed
          if (self->open.size() < most_connections) {
            auto made = std::make_shared<connection>(std::move(peer), self->what);
            self->open.insert(made);
            made->ended = [self, made = made.get()] {
              std::erase_if(self->open, [made](const auto& one) { return one.get() == made; });
            };
            made->read();
          }
          self->accept();
        });
  }

  local::acceptor acceptor;
  std::filesystem::path file;
  handler what;
  std::set<std::shared_ptr<connection>> open;
  bool is_bound = false;
};

std::string text_of(const json::object& in, std::string_view key) {
  const json::value* value = in.if_contains(key);
  return value && value->is_string() ? std::string(value->get_string()) : "";
}

socket::socket(env::real_loop& on, std::filesystem::path file, handler what)
    : state_(std::make_shared<state>(on, std::move(file), std::move(what))) {}

socket::~socket() {
  boost::system::error_code ignored;
  state_->acceptor.close(ignored);
  for (const auto& one : std::exchange(state_->open, {})) {
    one->ended = nullptr;
    one->end();
  }
  if (state_->is_bound) ::unlink(state_->file.c_str());
}

std::string socket::open() {
  state& s = *state_;
  const std::string where = s.file.string();
  if (is_served(s.file)) return "another server answers at " + where;
  ::unlink(where.c_str());
  boost::system::error_code failed;
  s.acceptor.open(local(), failed);
  const mode_t before = ::umask(0177); // from its first moment on it is for this user alone
  try {
    if (!failed) s.acceptor.bind(local::endpoint(where), failed);
  } catch (const boost::system::system_error&) { // of the endpoint
    failed = asio::error::name_too_long;
  }
  ::umask(before);
  if (!failed) s.acceptor.listen(asio::socket_base::max_listen_connections, failed);
  if (failed) {
    s.acceptor.close();
    return where + " cannot be made: " + failed.message();
  }
  s.is_bound = true;
  s.accept();
  return {};
}

} // namespace parley::control
