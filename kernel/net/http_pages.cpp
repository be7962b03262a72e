// What an HTTP session answers without a call: probes, documents, files.

#include "net/connection.hpp"
#include "net/http_session.hpp"
#include "net/shard.hpp"

namespace parley::net {

// False, and answered so, where the request does more than read.
bool http_session::only_reads() {
  if (request_.verb == "GET" || request_.verb == "HEAD") return true;
  fail({"method_not_allowed", "This route takes GET only."}, "Allow: GET, HEAD\r\n");
  return false;
}

// In the session that asks now, on its shard and if it is still there when `what` is called. Only
// HTTP asks, and it does not upgrade while it waits.
std::function<void(std::function<void(http_session&)>)> http_session::back_here() {
  return [home = on_.home().shared_from_this(),
          id = on_.id()](std::function<void(http_session&)> what) {
    home->loop().post([home, id, what = std::move(what)]() {
      connection* const to_whom = home->find(id);
      if (to_whom == nullptr || to_whom->speaks() == nullptr) return;
      what(static_cast<http_session&>(*to_whom->speaks()));
    });
  };
}

bool http_session::handle_probe(const request_target& to) {
  if (to.path != "/healthz" && to.path != "/readyz" && to.path != "/metrics") return false;
  if (!on_.home().around().probes) return false;
  if (!only_reads()) return true;
  ++exchange_;
  on_.home().to_logic([home = on_.home().shared_from_this(), exchange = exchange_, path = to.path,
                       back = back_here()] {
    back([exchange, answer = home->around().probes(path)](http_session& asked) mutable {
      asked.respond_text(exchange, std::move(answer));
    });
  });
  return true;
}

void http_session::respond_text(std::uint64_t exchange, probe_answer answer) {
  if (waits_ != waits::logic || exchange != exchange_) return;
  reply what;
  what.status = answer.status;
  what.content_type = answer.content_type;
  respond_text(std::move(what), std::move(answer.body));
  pump();
}

bool http_session::handle_document(const request_target& to) {
  if (to.path != "/v1/openapi.json" && to.path != "/v1/asyncapi.json") return false;
  if (!on_.home().around().documents) return false;
  if (!only_reads()) return true;
  ++exchange_;
  on_.home().to_logic([home = on_.home().shared_from_this(), exchange = exchange_, path = to.path,
                       back = back_here()] {
    home->around().documents(path, [exchange, back](std::shared_ptr<const dispatch::file> found) {
      back([exchange, found](http_session& asked) { asked.respond_document(exchange, found); });
    });
  });
  return true;
}

void http_session::respond_document(std::uint64_t exchange,
                                    std::shared_ptr<const dispatch::file> found) {
  if (waits_ != waits::logic || exchange != exchange_) return;
  if (found)
    respond_file(*found, found);
  else
    fail({"unavailable", "The document cannot be made just now.", {}, 1'000, true});
  pump();
}

bool http_session::handle_file(const request_target& to) {
  if (request_.verb != "GET" && request_.verb != "HEAD") return false;
  const dispatch::file* const found = registry_->find_file(to.path);
  if (found == nullptr && registry_->find_file(to.path + "/") != nullptr) {
    reply there; // what the page names is relative to its folder
    there.status = 308;
    there.headers = "Location: " + to.path + "/\r\n";
    respond_text(std::move(there), {});
    return true;
  }
  if (found == nullptr) return false;
  respond_file(*found, registry_); // which keeps it alive
  return true;
}

void http_session::respond_file(const dispatch::file& found, std::shared_ptr<const void> owner) {
  reply what;
  what.headers = "ETag: " + found.etag + "\r\nX-Content-Type-Options: nosniff\r\n";
  what.headers += found.immutable ? "Cache-Control: public, max-age=31536000, immutable\r\n"
                                  : "Cache-Control: no-cache\r\n";
  if (!found.content_security_policy.empty()) {
    what.headers += "Content-Security-Policy: " + found.content_security_policy + "\r\n";
  }
  what.headers += "Referrer-Policy: no-referrer\r\n";
  what.content_type = found.content_type;
  if (has_already(found.etag)) {
    what.status = 304;
  } else {
    what.size = found.content.size();
    if (request_.verb != "HEAD") what.body = payload(std::move(owner), &found.content);
  }
  respond(std::move(what));
}

// What a page of another origin may do (https://fetch.spec.whatwg.org/#http-cors-protocol). Tokens
// come in a header, never by a cookie, so no credentials are spoken of.
std::string http_session::cors_headers() const {
  const auto& allowed = on_.home().around().cors_origins;
  const std::string* origin = request_.find("origin");
  if (allowed.empty()) return {};
  const bool is_allowed = origin != nullptr && (allowed.contains("*") || allowed.contains(*origin));
  std::string out = "Vary: Origin\r\n";
  if (!is_allowed) return out;
  return out + "Access-Control-Allow-Origin: " + *origin +
         "\r\nAccess-Control-Expose-Headers: ETag, Retry-After\r\n";
}

// True where it was a question whether the request that follows is allowed.
bool http_session::handle_preflight() {
  if (request_.verb != "OPTIONS" || on_.home().around().cors_origins.empty() ||
      request_.find("origin") == nullptr ||
      request_.find("access-control-request-method") == nullptr)
    return false;
  reply what;
  what.status = 204;
  what.headers =
      "Access-Control-Allow-Methods: GET, POST, PUT, PATCH, DELETE\r\n"
      "Access-Control-Allow-Headers: Authorization, Content-Type, Idempotency-Key, "
      "If-None-Match\r\n"
      "Access-Control-Max-Age: 600\r\n";
  respond(std::move(what));
  return true;
}

} // namespace parley::net
