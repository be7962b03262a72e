#pragma once

// What both documents say of a method and of the server.

#include "documents.hpp"
#include "manifest.hpp"
#include "schema_writer.hpp"

#include <boost/json.hpp>

#include <string>
#include <vector>

namespace parley::documents {

// The first sentence of its doc; its name where it has none.
std::string summary_of(const std::string& name, const std::string& doc);
// Its doc, who may call it, and what holds of repeating it.
std::string description_of(const manifest::method& of);

bool is_for_clients(const manifest::method& of);
// Those with something that a client can call or receive, by name.
manifests for_clients(manifests all);

boost::json::object info_of(const manifests& all, const about& server, const std::string& intro);
boost::json::array tags_of(const manifests& all);

// What a method answers: its declared result, or null.
boost::json::object result_schema(const manifest::method& of, const manifest::manifest& by,
                                  schema_writer& schemas);

// Puts `example` in where there is one.
void add_example(boost::json::object& to, const boost::json::object& schema);

// frames.json: the protocol's own frames, and the schemas that they share.
const boost::json::object& protocol_frames();
const boost::json::object& protocol_schemas();

} // namespace parley::documents
