#include "net/loopback_test.hpp"

#include <gmock/gmock.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <memory>

using namespace parley::net;
using namespace parley::net::testing;
using ::testing::HasSubstr;

namespace {

template <auto function>
struct freed_by {
  template <class any>
  void operator()(any* what) const {
    function(what);
  }
};
using key_ptr = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using certificate_ptr = std::unique_ptr<X509, freed_by<X509_free>>;

// A certificate that signed itself, in files of its own.
struct certificate_files {
  std::filesystem::path folder;
  std::string certificate, key, encrypted_key;

  certificate_files() {
    std::string pattern = (std::filesystem::temp_directory_path() / "parley-tls-XXXXXX").string();
    folder = ::mkdtemp(pattern.data());
    certificate = folder / "cert.pem";
    key = folder / "key.pem";
    encrypted_key = folder / "encrypted.pem";
    const key_ptr made(EVP_EC_gen("P-256"));
    const certificate_ptr signed_by_itself(X509_new());
    X509* const x509 = signed_by_itself.get();
    X509_set_version(x509, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509), -3'600);
    X509_gmtime_adj(X509_getm_notAfter(x509), 86'400);
    X509_set_pubkey(x509, made.get());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
    X509_set_issuer_name(x509, X509_get_subject_name(x509));
    X509_sign(x509, made.get(), EVP_sha256());
    std::FILE* file = std::fopen(certificate.c_str(), "w");
    PEM_write_X509(file, x509);
    std::fclose(file);
    file = std::fopen(key.c_str(), "w");
    PEM_write_PrivateKey(file, made.get(), nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
    file = std::fopen(encrypted_key.c_str(), "w");
    std::string phrase = "secret";
    PEM_write_PrivateKey(file, made.get(), EVP_aes_128_cbc(),
                         reinterpret_cast<unsigned char*>(phrase.data()),
                         static_cast<int>(phrase.size()), nullptr, nullptr);
    std::fclose(file);
  }
  ~certificate_files() { std::filesystem::remove_all(folder); }
};

// A blocking TLS client that speaks one version only.
class secure_client {
 public:
  secure_client(std::uint16_t port, int version, int receive_buffer = 0)
      : context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_security_level(context_.get(), 0); // so that old versions are offered at all
    SSL_CTX_set_min_proto_version(context_.get(), version);
    SSL_CTX_set_max_proto_version(context_.get(), version);
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval patience{20, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (receive_buffer > 0) {
      ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), socket_);
    connected = SSL_connect(ssl_.get()) == 1;
  }
  ~secure_client() { ::close(socket_); }

  void send(const std::string& text) {
    EXPECT_GT(SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size())), 0);
  }
  // Reads until `end` has come, or the connection ends.
  std::string read_to(const std::string& end) {
    std::string all;
    std::array<char, 16'384> part;
    while (!all.ends_with(end)) {
      const int size = SSL_read(ssl_.get(), part.data(), static_cast<int>(part.size()));
      if (size <= 0) break;
      all.append(part.data(), static_cast<std::size_t>(size));
    }
    return all;
  }
  std::string version() { return SSL_get_version(ssl_.get()); }
  std::string fingerprint() {
    const certificate_ptr theirs(SSL_get1_peer_certificate(ssl_.get()));
    std::array<unsigned char, 32> hash{};
    X509_digest(theirs.get(), EVP_sha256(), hash.data(), nullptr);
    return {hash.begin(), hash.end()};
  }

  bool connected = false;

 private:
  std::unique_ptr<SSL_CTX, freed_by<SSL_CTX_free>> context_;
  std::unique_ptr<SSL, freed_by<SSL_free>> ssl_;
  int socket_ = -1;
};

// Takes one frame of the server's from the front of `bytes`; false where it is not whole.
bool take_frame(std::string_view& bytes, unsigned& first, std::string_view& content) {
  if (bytes.size() < 2) return false;
  first = static_cast<unsigned char>(bytes[0]);
  std::size_t size = static_cast<unsigned char>(bytes[1]), at = 2;
  if (size >= 126) {
    const std::size_t more = size == 126 ? 2 : 8;
    if (bytes.size() < at + more) return false;
    size = 0;
    for (; at < 2 + more; ++at) size = size << 8 | static_cast<unsigned char>(bytes[at]);
  }
  if (bytes.size() < at + size) return false;
  content = bytes.substr(at, size);
  bytes.remove_prefix(at + size);
  return true;
}

} // namespace

class tls_versions : public ::testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(both, tls_versions, ::testing::Values(TLS1_2_VERSION, TLS1_3_VERSION));

TEST_P(tls_versions, carries_requests_and_large_replies) {
  const certificate_files files;
  fixture here([&](options& how) {
    how.listen = {{"127.0.0.1", 0, files.certificate, files.key}};
  });
  secure_client one(here.server->ports().at(0), GetParam());
  ASSERT_TRUE(one.connected);
  EXPECT_EQ(one.version(), GetParam() == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3");
  one.send("GET / HTTP/1.1\r\nHost: here\r\n\r\nGET / HTTP/1.1\r\nHost: here\r\n\r\n");
  EXPECT_THAT(one.read_to("page</p>"), HasSubstr("200 OK"));
  one.send("GET /app.js HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n");
  const std::string all = one.read_to("never");
  EXPECT_GT(all.size(), 3'000'000U);
  EXPECT_TRUE(all.ends_with("jjjj"));
}

// OpenSSL has sealed a record that the socket did not take, when the events in it are dropped: it
// must be offered again as it was, or the close frame never comes.
TEST_P(tls_versions, closes_a_slow_reader_between_whole_frames) {
  const certificate_files files;
  fixture here([&](options& how) {
    how.listen = {{"127.0.0.1", 0, files.certificate, files.key}};
    how.limits.queue_bytes = 200'000;
  });
  secure_client slow(here.server->ports().at(0), GetParam(), 4'096);
  ASSERT_TRUE(slow.connected);
  slow.send(
      "GET /v1/socket HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
      "Sec-WebSocket-Protocol: parley.v1\r\n\r\n");
  slow.read_to("\r\n\r\n");
  const std::string login = R"({"authenticate":{"scheme":"Bearer","credential":"good"}})";
  slow.send(std::string("\x81") + static_cast<char>(0x80U | login.size()) + std::string(4, '\0') +
            login);
  slow.read_to("]}}"); // the end of `hello`
  const auto id = here.entry.wait_connected(0);
  here.on_logic([&] { here.server->follow(id, "t", 0, false); });
  const std::string filler(1'000, 'x'); // many frames a record
  for (int number = 1; here.server->counters().slow_closed == 0; ++number) {
    const auto event =
        std::make_shared<const std::string>("{\"seq\":" + std::to_string(number) + "}" + filler);
    here.on_logic([&] { here.server->publish("t", number, event); });
  }
  const std::string all = slow.read_to("never");
  std::string_view rest = all, content;
  unsigned first = 0;
  int expected = 0;
  while (take_frame(rest, first, content) && first == 0x81) {
    ASSERT_TRUE(content.starts_with("{\"seq\":" + std::to_string(++expected) + "}"));
  }
  EXPECT_GT(expected, 0);
  ASSERT_EQ(first, 0x88U);
  EXPECT_EQ(content.substr(0, 2), "\x0f\xa1"); // 4001
  EXPECT_TRUE(rest.empty());
}

TEST(tls, refuses_older_versions_and_plain_text) {
  const certificate_files files;
  fixture here([&](options& how) {
    how.listen = {{"127.0.0.1", 0, files.certificate, files.key}};
  });
  const secure_client old(here.server->ports().at(0), TLS1_1_VERSION);
  EXPECT_FALSE(old.connected);
  client plain = here.connect();
  plain.send("GET / HTTP/1.1\r\nHost: here\r\n\r\n");
  EXPECT_TRUE(plain.ended());
  client silent = here.connect();
  while (here.server->counters().open == 0) here.on_logic([] {});
  secure_client later(here.server->ports().at(0), TLS1_3_VERSION);
  later.send("GET / HTTP/1.1\r\nHost: here\r\n\r\n");
  later.read_to("page</p>"); // by now the shard has adopted the silent one
  here.advance(std::chrono::seconds(11));
  EXPECT_TRUE(silent.ended());
}

TEST(tls, says_what_is_wrong_with_its_files) {
  const certificate_files files;
  fixture here;
  const auto problem_of = [&](listen_address at) {
    options how;
    how.listen = {std::move(at)};
    server other(how, here.clock, here.random, here.logic.loop(), &here.entry, {});
    std::vector<std::string> problems;
    EXPECT_FALSE(other.listen(problems));
    return problems.empty() ? std::string() : problems.front();
  };
  EXPECT_THAT(problem_of({"127.0.0.1", 0, files.key, files.key}), HasSubstr("as a certificate"));
  const std::string no_key = problem_of({"127.0.0.1", 0, files.certificate, "/nowhere"});
  EXPECT_THAT(no_key, HasSubstr("as the key"));
  EXPECT_THAT(no_key, HasSubstr("No such file"));
  EXPECT_THAT(problem_of({"127.0.0.1", 0, "/", files.key}), HasSubstr("as a certificate"));
  // And nobody is asked for it on the terminal.
  EXPECT_THAT(problem_of({"127.0.0.1", 0, files.certificate, files.encrypted_key}),
              HasSubstr("without a passphrase"));
  EXPECT_THAT(problem_of({"127.0.0.1", 0, files.certificate, ""}), HasSubstr("needs both"));
  EXPECT_THAT(problem_of({"localhost", 0, "", ""}), HasSubstr("no IP address"));
  EXPECT_THAT(problem_of({"127.0.0.1", here.server->ports().at(0), "", ""}),
              HasSubstr("Address already in use"));
}

TEST(tls, a_renewed_certificate_is_used_for_new_connections) {
  certificate_files files, renewed;
  fixture here([&files](options& how) {
    how.listen = {{"127.0.0.1", 0, files.certificate, files.key}};
    how.certificate_look = std::chrono::milliseconds(1);
  });
  const std::uint16_t port = here.server->ports().at(0);
  const auto shown = [port] { return secure_client(port, TLS1_3_VERSION).fingerprint(); };
  const std::string before = shown();
  secure_client open(port, TLS1_3_VERSION);

  // Half of it: the key does not fit, and the old pair stays.
  const auto replace = [](const std::string& from, const std::string& to) {
    std::filesystem::copy_file(from, to + ".new");
    std::filesystem::rename(to + ".new", to);
  };
  replace(renewed.certificate, files.certificate);
  std::string now;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(shown(), before);
  replace(renewed.key, files.key);
  do now = shown();
  while (now == before);

  open.send("GET /healthz HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"); // goes on
  EXPECT_THAT(open.read_to("probe of /healthz"), HasSubstr("200 OK"));
  std::filesystem::remove(files.certificate); // as some tools do before they write
  EXPECT_EQ(shown(), now);
}
