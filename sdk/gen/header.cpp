#include "header.hpp"

#include "classes.hpp"
#include "names.hpp"

#include "yaml_document.hpp"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

namespace parley::gen {
namespace {

struct typed_method {
  const manifest::method* declared;
  std::string name, params, result; // result: void where there is none
};

// One namespace: the classes of a manifest, and their types by what they are for.
struct module {
  const source* from = nullptr;
  std::string space; // messaging_types
  std::unique_ptr<shapes> classes;
  std::vector<typed_method> methods;
};

std::string qualified(const module& in, const std::string& type) {
  if (type == "void" || type.starts_with("std::int") || type.starts_with("std::string") ||
      type.starts_with("parley::") || type == "double" || type == "bool") {
    return type;
  }
  constexpr std::string_view vector = "std::vector<";
  if (type.starts_with(vector)) {
    const auto inner = type.substr(vector.size(), type.size() - vector.size() - 1);
    return std::string(vector) + qualified(in, inner) + ">";
  }
  return in.space + "::" + type;
}

bool nothing(const boost::json::object& schema) {
  return schema.empty();
}

class writer {
 public:
  writer(const source& plugin, const std::vector<source>& known,
         std::vector<yaml::problem>& problems)
      : plugin_(plugin), known_(known), problems_(problems) {}

  std::string run() {
    own_ = make_module(plugin_);
    for (const source& each : known_) {
      if (each.declared.name == plugin_.declared.name) continue;
      others_.push_back(make_module(each));
    }
    std::string spaces;
    collect_payloads();
    const std::string events = write_events();
    const std::string settings = add_configuration();
    for (const module& each : others_) spaces += write_space(each, write_calls(each));
    spaces += write_space(own_, events + write_errors());
    return write_top() + spaces + write_base(settings) + write_end();
  }

 private:
  module make_module(const source& from) {
    module out;
    out.from = &from;
    out.space = identifier(from.declared.name) + "_types";
    out.classes = std::make_unique<shapes>(from, problems_);
    out.classes->add_types();
    std::set<std::string> names;
    for (const auto& each : from.declared.methods) {
      const std::string pointer = "/methods/" + yaml::escape_pointer(each.name);
      typed_method typed{&each, after_dot(each.name), {}, "void"};
      if (!names.insert(typed.name).second) {
        out.classes->problem(pointer, "two methods become the C++ name `" + typed.name + "`",
                             "another name after the dot");
        continue;
      }
      // A handler `delete_` takes delete_params: two underscores in a row are the compiler's.
      const std::string stem = method_stem(each.name);
      typed.params = stem + "_params";
      out.classes->parameters_of(each.params, typed.params, pointer);
      if (!nothing(each.result)) {
        typed.result = out.classes->type_of(each.result, stem + "_result", pointer);
      }
      out.methods.push_back(std::move(typed));
    }
    if (&from == &plugin_) {
      for (const auto& each : from.declared.collections) out.classes->add_collection(each);
    }
    return out;
  }

  // Payloads of the hooks that are stepped into, and of the plugin's own.
  void collect_payloads() {
    for (const auto& each : plugin_.declared.hook_points) payload(own_, each);
    for (const auto& each : plugin_.declared.hooks) {
      const auto [owner, point] = owner_of(each.name);
      const std::string pointer = "/hooks/" + yaml::escape_pointer(each.name);
      if (!point) {
        own_.classes->problem(pointer, "no plugin under `requires` has the hook " + each.name,
                              "the plugin that owns it under `requires`");
      } else if (point->kind != each.kind) {
        own_.classes->problem(pointer + "/phase", "the hook " + each.name + " is of another kind",
                              "the phase that its owner declares");
      } else {
        payload(*owner, *point);
      }
    }
  }
  std::string payload(module& owner, const manifest::hook_point& point) {
    return qualified(owner,
                     owner.classes->type_of(point.data, identifier(point.name) + "_payload",
                                            "/hook_points/" + yaml::escape_pointer(point.name)));
  }
  std::pair<module*, const manifest::hook_point*> owner_of(const std::string& name) {
    auto look = [&](module& in) -> const manifest::hook_point* {
      const auto& points = in.from->declared.hook_points;
      const auto found = std::find_if(points.begin(), points.end(),
                                      [&](const auto& each) { return each.name == name; });
      return found == points.end() ? nullptr : &*found;
    };
    if (const auto* point = look(own_)) return {&own_, point};
    for (module& each : others_) {
      if (const auto* point = look(each)) return {&each, point};
    }
    return {nullptr, nullptr};
  }

  std::string write_top() const {
    const auto& m = plugin_.declared;
    return "// Generated by parley-gen from the manifest of " + m.name + " " + m.version +
           ". Do not edit.\n#pragma once\n\n#include \"parley/parley.hpp\"\n\n#include <array>\n"
           "#include <cstdint>\n#include <optional>\n#include <string>\n#include <string_view>\n"
           "#include <utility>\n#include <vector>\n\n";
  }

  std::string write_space(const module& in, const std::string& more) const {
    std::string out = "namespace " + in.space + " {\n\n";
    for (const shape& each : in.classes->all()) out += write_class(each);
    for (const auto& [record, type] : in.classes->aliases()) {
      out += "using " + record + " = " + type + ";\n";
    }
    return out + more + "} // namespace " + in.space + "\n\n";
  }

  std::string write_events() {
    std::string out;
    for (const auto& each : plugin_.declared.events) {
      const std::string pointer = "/events/" + yaml::escape_pointer(each.name);
      const std::string name = identifier(each.name);
      own_.classes->claim(name, pointer);
      const std::string type = own_.classes->type_of(each.data, name + "_data", pointer + "/data");
      const shape* data = own_.classes->find(type);
      const field* place = data ? data->find(each.topic) : nullptr;
      const bool has_place = place && place->required && place->type == "std::string";
      out += write_event(each, type, has_place ? place->cpp_name : "");
    }
    return out;
  }

  std::string write_errors() {
    std::set<std::string> codes;
    for (const auto& each : plugin_.declared.methods) {
      for (const auto& code : each.errors) {
        if (!standard_error(code)) codes.insert(code);
      }
    }
    std::string out;
    for (const auto& code : codes) {
      own_.classes->claim(identifier(code), "/methods");
      out += "inline parley::error " + identifier(code) +
             "(std::string message = {}, std::string field = {}, std::int64_t retry_after_ms = 0) "
             "{\n  return parley::error(" +
             literal(code) + ", std::move(message), std::move(field), retry_after_ms);\n}\n";
    }
    return out;
  }

  std::string add_configuration() {
    if (plugin_.declared.config.empty()) return {};
    const std::string name = identifier(plugin_.declared.name) + "_config";
    own_.classes->class_of(plugin_.declared.config, name, "/config");
    return qualified(own_, name);
  }

  std::string write_calls(const module& in) const {
    std::string out = "// The methods of " + in.from->declared.name +
                      ", on behalf of the call's principal; awaited, each gives its result.\n"
                      "class calls {\n public:\n";
    for (const auto& each : in.methods) {
      out += write_comment(each.declared->doc, "  ");
      out += "  parley::invocation<" + each.result + "> " + each.name +
             "(const parley::arena& c, const " + each.params +
             "& params) const {\n    return parley::invocation<" + each.result + ">(c, " +
             literal(each.declared->name) + ", parley::to_value(c, params));\n  }\n";
    }
    return out + "};\n\n";
  }

  void member(const std::string& name, const std::string& pointer) {
    if (reserved_member(name) || !members_.insert(name).second) {
      own_.classes->problem(pointer, "the handler's C++ name `" + name + "` is taken",
                            "another name");
    }
  }

  // One pure virtual function, and its line in provide_handlers.
  void handler(const std::string& name, const std::string& declared, const std::string& result,
               const std::string& parameters, const std::string& start, const std::string& kind,
               const std::string& doc) {
    handlers_ += write_comment(doc, "  ");
    handlers_ += "  virtual parley::task<" + result + "> " + name + "(parley::call& c" +
                 parameters + ") = 0;\n";
    provided_ += "    provide<parley::detail::" + start + "<&" + base_name() + "::" + name + ">>(" +
                 kind + ", " + literal(declared) + ", this);\n";
  }

  void write_handlers() {
    for (const auto& each : own_.methods) {
      member(each.name, "/methods/" + yaml::escape_pointer(each.declared->name));
      handler(each.name, each.declared->name, qualified(own_, each.result),
              ", " + qualified(own_, each.params) + " params", "method_start", "PARLEY_METHOD",
              each.declared->name + ": " + each.declared->doc);
    }
    for (const auto& each : plugin_.declared.scopes) write_scope_handlers(each);
    for (const auto& each : plugin_.declared.hooks) write_hook_handler(each);
  }

  void write_scope_handlers(const manifest::scope& each) {
    const std::string name = identifier(each.name);
    const std::string pointer = "/scopes/" + yaml::escape_pointer(each.name);
    member(name + "_access", pointer);
    member(name + "_places", pointer);
    handler(name + "_access", each.name, "parley::scope_access",
            ", std::string principal, std::string place", "access_start", "PARLEY_SCOPE_ACCESS",
            "What a principal may do in one " + each.name + ".");
    handler(name + "_places", each.name, "std::vector<parley::scope_place>",
            ", std::string principal", "places_start", "PARLEY_SCOPE_PLACES",
            "Every " + each.name + " of a principal.");
  }

  void write_hook_handler(const manifest::hook& each) {
    const auto [owner, point] = owner_of(each.name);
    if (!point) return;
    const std::string name = "on_" + identifier(each.name);
    member(name, "/hooks/" + yaml::escape_pointer(each.name));
    const std::string type = payload(*owner, *point);
    if (each.kind == manifest::hook_kind::filter) {
      handler(name, each.name, "std::optional<" + type + ">", ", " + type + " payload",
              "method_start", "PARLEY_HOOK",
              "Nothing passes, a payload replaces, an error denies.");
    } else if (each.kind == manifest::hook_kind::join) {
      handler(name, each.name, "void", ", parley::batch& b, " + type + " payload", "join_start",
              "PARLEY_HOOK", "Adds to the owner's batch; an error denies.");
    } else {
      handler(name, each.name, "void", ", " + type + " payload", "method_start", "PARLEY_HOOK",
              "Told after the commit.");
    }
  }

  // What the plugin calls: its own hook points and the methods of others.
  std::string write_runs() {
    std::string out;
    for (const auto& each : plugin_.declared.hook_points) {
      const std::string name = "run_" + identifier(each.name);
      member(name, "/hook_points/" + yaml::escape_pointer(each.name));
      const std::string type = payload(own_, each);
      const std::string take = "(const parley::arena& c, const " + type + "& payload";
      const std::string text = literal(each.name);
      out += write_comment(each.doc, "  ");
      if (each.kind == manifest::hook_kind::filter) {
        out += "  static parley::hook_run<" + type + "> " + name + take +
               ") {\n    return parley::hook_run<" + type + ">(c, " + text +
               ", parley::to_value(c, payload), 0);\n  }\n";
      } else if (each.kind == manifest::hook_kind::join) {
        out += "  static parley::hook_run<void> " + name + take +
               ", const parley::batch& b) {\n    return parley::hook_run<void>(c, " + text +
               ", parley::to_value(c, payload), b.handle());\n  }\n";
      } else {
        out += "  static void " + name + take + ") {\n    parley::tell(c, " + text +
               ", parley::to_value(c, payload));\n  }\n";
      }
    }
    for (const module& each : others_) {
      const std::string name = identifier(each.from->declared.name);
      member(name, "");
      out += "  static " + each.space + "::calls " + name + "() { return {}; }\n";
    }
    return out;
  }

  std::string base_name() const { return identifier(plugin_.declared.name) + "_plugin"; }

  std::string write_base(const std::string& settings) {
    const std::string runs = write_runs();
    write_handlers();
    std::string out = write_comment(plugin_.declared.summary, "");
    out += "class " + base_name() + " : public parley::plugin_base {\n public:\n";
    if (!settings.empty()) {
      out += "  // What the operator wrote, with its defaults.\n  const " + settings +
             "& config() const { return config_; }\n";
    }
    out += runs + "\n protected:\n" + handlers_ + "\n  void provide_handlers() final {\n" +
           provided_ + "  }\n";
    if (!settings.empty()) {
      out += "\n private:\n  " + settings + " config_ = parley::decode_as<" + settings +
             ">(read_configuration());\n";
    }
    return out + "};\n\n";
  }

  std::string write_end() const {
    return "// The sources of this plugin read like its manifest.\nusing namespace parley; "
           "// NOLINT(google-build-using-namespace)\nusing namespace " +
           own_.space + "; // NOLINT(google-build-using-namespace)\n";
  }

  const source& plugin_;
  const std::vector<source>& known_;
  std::vector<yaml::problem>& problems_;
  module own_;
  std::vector<module> others_;
  std::set<std::string> members_;
  std::string handlers_, provided_;
};

} // namespace

std::string write_header(const source& plugin, const std::vector<source>& known,
                         std::vector<yaml::problem>& problems) {
  return writer(plugin, known, problems).run();
}

} // namespace parley::gen
