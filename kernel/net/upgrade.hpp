#pragma once

// The way from HTTP to parley.v1 on a WebSocket (RFC 6455, 4.2).

#include "dispatch/gateway.hpp"
#include "net/http_reader.hpp"
#include "net/permessage_deflate.hpp"

#include <memory>
#include <optional>
#include <string>

namespace parley::net {

class connection;
class protocol;

// Why it is refused, with headers for the reply, or nothing.
std::optional<dispatch::error> judge_upgrade(const http_request& request, std::string& headers);
std::string upgrade_reply(const std::string& key, const std::optional<deflate_agreement>& deflate);
std::unique_ptr<protocol> make_socket_session(connection& on, bool deflates);

} // namespace parley::net
