#pragma once

// What a client can call and receive, as OpenAPI 3.1 and AsyncAPI 3: from the manifests of plugins
// and nothing else. The same manifests give the same documents, in whatever order they come.

#include "manifest.hpp"

#include <boost/json.hpp>

#include <string>
#include <vector>

namespace parley::documents {

struct about {
  std::string title;   // the server's name
  std::string version; // of parleyd
};

using manifests = std::vector<const manifest::manifest*>;

// The routes of methods that clients may call, and the raw ones.
boost::json::object openapi(const manifests& all, const about& server);

// The WebSocket: the frames of parley.v1, each method as a call, each event.
boost::json::object asyncapi(const manifests& all, const about& server);

// As it is served and written to files.
std::string to_text(const boost::json::object& document);

} // namespace parley::documents
