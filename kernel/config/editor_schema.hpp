#pragma once

// The JSON Schema of the operator's YAML as editors take it (`parleyd --schema`).

#include <boost/json.hpp>

#include <map>
#include <string>

namespace parley::config {

// `plugins`: the schema of each one's `config`, by its name. Where a schema says nothing of other
// keys, this one refuses them, as the server does.
boost::json::object editor_schema(const std::map<std::string, boost::json::object>& plugins);

} // namespace parley::config
