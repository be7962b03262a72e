#pragma once

// What clients can reach: methods with their validators, HTTP routes and static files. Immutable; a
// change makes a new generation, and shards hold the one they began a request with.

#include "manifest.hpp"
#include "schema.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace parley::dispatch {

struct method {
  std::string plugin;
  manifest::method declared;
  schema::validator params;
  // A route of its plugin, taken as it comes: clients reach it by HTTP only. `params` takes
  // anything.
  const manifest::route* raw = nullptr;
};

struct file {
  std::string content;
  std::string content_type;
  std::string etag; // with its quotes
  std::string content_security_policy;
  bool immutable = false; // its name carries a hash of its content
};

struct route_match {
  enum class kind { none, found, other_verb } outcome = kind::none;
  const method* target = nullptr;
  std::vector<std::pair<std::string, std::string>> parameters; // from the path, still as text
  std::string allow;                                           // other_verb: for the Allow header
};

// What one plugin offers to clients, compiled once: every generation while it is loaded shares it.
struct offer {
  explicit offer(const manifest::manifest& by);
  manifest::manifest plugin;
  std::vector<std::shared_ptr<const method>> methods;
  std::vector<std::shared_ptr<const method>> routes;
  std::map<std::string, std::shared_ptr<const file>, std::less<>> files; // by decoded path
};

// How a route is named among methods: no method can be called so.
std::string route_name(const std::string& plugin, const std::string& route);

class registry {
 public:
  registry(std::uint64_t generation, std::vector<std::shared_ptr<const offer>> offers);
  ~registry();

  std::uint64_t generation() const { return generation_; }
  // By name; nullptr where there is none, or where it is a raw route. Methods for plugins only are
  // found too: the caller looks at declared.seen_by.
  const method* find(std::string_view name) const;
  // By verb and decoded path segments. Literal segments win over parameters.
  route_match route(std::string_view verb, const std::vector<std::string>& segments) const;
  // The plugins with methods that clients may call, by name.
  const std::set<std::string>& plugins() const { return plugins_; }
  // Of every plugin in it.
  std::vector<const manifest::manifest*> manifests() const;
  // A static file by its decoded path, or nullptr.
  const file* find_file(std::string_view path) const;

 private:
  struct route_node;
  void add_route(const method& target);

  std::uint64_t generation_;
  std::vector<std::shared_ptr<const offer>> offers_;
  std::unordered_map<std::string_view, const method*> by_name_;
  std::unique_ptr<route_node> routes_;
  std::set<std::string> plugins_;
};

} // namespace parley::dispatch
