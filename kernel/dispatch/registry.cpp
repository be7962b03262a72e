#include "dispatch/registry.hpp"

#include <boost/json.hpp>

namespace parley::dispatch {

// A trie of path segments.
struct registry::route_node {
  std::map<std::string, std::unique_ptr<route_node>, std::less<>> literals;
  std::unique_ptr<route_node> parameter;
  std::map<std::string, const method*, std::less<>> verbs;
  std::map<std::string, std::vector<std::string>, std::less<>> names; // of parameters, by verb
};

namespace {

std::vector<std::string> segments_of(std::string_view path) {
  std::vector<std::string> result;
  while (!path.empty()) {
    path.remove_prefix(1); // the slash
    const std::size_t end = std::min(path.find('/'), path.size());
    result.emplace_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return result;
}

} // namespace

offer::offer(const manifest::manifest& by) : plugin(by) {
  for (const manifest::method& declared : by.methods) {
    auto made = std::make_shared<method>();
    made->plugin = by.name;
    made->declared = declared;
    std::vector<schema::breach> faults; // the manifest was read without any
    made->params = schema::validator::compile(declared.params, faults);
    methods.push_back(std::move(made));
  }
  struct raw_method : method { // holds what `raw` points to
    manifest::route of;
  };
  for (const manifest::route& declared : by.routes) {
    auto made = std::make_shared<raw_method>();
    made->of = declared;
    made->raw = &made->of;
    made->plugin = by.name;
    made->declared.name = route_name(by.name, declared.name);
    made->declared.http = declared.http;
    made->declared.deadline_ms = declared.deadline_ms;
    routes.push_back(std::move(made));
  }
}

std::string route_name(const std::string& plugin, const std::string& route) {
  return plugin + "/" + route;
}

registry::registry(std::uint64_t generation, std::vector<std::shared_ptr<const offer>> offers)
    : generation_(generation), offers_(std::move(offers)), routes_(std::make_unique<route_node>()) {
  for (const std::shared_ptr<const offer>& each : offers_) {
    for (const std::shared_ptr<const method>& m : each->methods) {
      by_name_[m->declared.name] = m.get();
      if (m->declared.http) add_route(*m);
      if (m->declared.seen_by == manifest::visibility::client) plugins_.insert(m->plugin);
    }
    for (const std::shared_ptr<const method>& r : each->routes) add_route(*r);
  }
}

registry::~registry() = default;

const method* registry::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

void registry::add_route(const method& target) {
  const manifest::http_route& route = *target.declared.http;
  route_node* node = routes_.get();
  std::vector<std::string> names;
  for (const std::string& segment : segments_of(route.path)) {
    const bool is_parameter = segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
    if (is_parameter) names.push_back(segment.substr(1, segment.size() - 2));
    auto& next = is_parameter ? node->parameter : node->literals[segment];
    if (!next) next = std::make_unique<route_node>();
    node = next.get();
  }
  node->verbs[route.verb] = &target;
  node->names[route.verb] = std::move(names);
}

route_match registry::route(std::string_view verb, const std::vector<std::string>& segments) const {
  std::vector<std::string> values;
  const route_node* end = nullptr;
  // Depth first; a literal is tried before a parameter.
  const auto walk = [&](const auto& self, const route_node& node, std::size_t at) -> void {
    if (at == segments.size()) {
      if (!node.verbs.empty()) end = &node;
      return;
    }
    if (const auto literal = node.literals.find(segments[at]); literal != node.literals.end())
      self(self, *literal->second, at + 1);
    if (end || !node.parameter || segments[at].empty()) return;
    values.push_back(segments[at]);
    self(self, *node.parameter, at + 1);
    if (!end) values.pop_back();
  };
  walk(walk, *routes_, 0);

  route_match result;
  if (!end) return result;
  const auto target = end->verbs.find(verb);
  if (target == end->verbs.end()) {
    result.outcome = route_match::kind::other_verb;
    for (const auto& [other, unused] : end->verbs)
      result.allow += (result.allow.empty() ? "" : ", ") + other;
    return result;
  }
  result.outcome = route_match::kind::found;
  result.target = target->second;
  const auto& names = end->names.find(verb)->second;
  for (std::size_t i = 0; i < names.size(); ++i)
    result.parameters.emplace_back(names[i], values[i]);
  return result;
}

std::vector<const manifest::manifest*> registry::manifests() const {
  std::vector<const manifest::manifest*> all;
  for (const std::shared_ptr<const offer>& each : offers_) all.push_back(&each->plugin);
  return all;
}

const file* registry::find_file(std::string_view path) const {
  for (const std::shared_ptr<const offer>& each : offers_)
    if (const auto found = each->files.find(path); found != each->files.end())
      return found->second.get();
  return nullptr;
}

} // namespace parley::dispatch
