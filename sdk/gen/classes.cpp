#include "classes.hpp"

#include "names.hpp"
#include "wrap.hpp"

#include <vector>

namespace parley::gen {
namespace {

bool is_scalar(const std::string& type) {
  return type == "std::int64_t" || type == "double" || type == "bool" || type == "parley::value";
}

std::vector<const field*> required_of(const shape& what) {
  std::vector<const field*> out;
  for (const field& each : what.fields) {
    if (each.required) out.push_back(&each);
  }
  return out;
}

std::string write_constructors(const shape& what) {
  std::string out = "  " + what.name + "() = default;\n";
  const auto required = required_of(what);
  if (required.empty()) return out;
  std::string parameters, initialisers;
  for (const field* each : required) {
    const std::string given = "the_" + each->cpp_name;
    parameters += (parameters.empty() ? "" : ", ") + each->type + " " + given;
    initialisers += (initialisers.empty() ? "" : ", ") + each->cpp_name + "(" +
                    (is_scalar(each->type) ? given : "std::move(" + given + ")") + ")";
  }
  out += std::string("  ") + (required.size() == 1 && !what.implicit ? "explicit " : "") +
         what.name + "(" + parameters + ")\n      : " + initialisers + " {}\n";
  return out;
}

std::string names_table(const shape& what, const std::string& indent) {
  std::string out = indent + "static constexpr std::array<parley_str, " +
                    std::to_string(what.fields.size()) + "> names{";
  for (std::size_t i = 0; i < what.fields.size(); ++i) {
    out += (i == 0 ? "" : ", ") + std::string("parley::to_c(") + literal(what.fields[i].name) + ")";
  }
  return out + "};\n";
}

std::string write_decode(const shape& what) {
  const std::string count = std::to_string(what.fields.size());
  if (what.fields.empty()) {
    return "inline void decode(const parley::value&, " + what.name + "&) {}\n";
  }
  std::string out = "inline void decode(const parley::value& from, " + what.name + "& out) {\n";
  out += names_table(what, "  ");
  out += "  std::array<parley_slot, " + count + "> slots{};\n  from.fields(names, slots);\n";
  for (std::size_t i = 0; i < what.fields.size(); ++i) {
    const field& each = what.fields[i];
    const std::string slot = "slots[" + std::to_string(i) + "]";
    if (each.required) {
      out += "  parley::decode_required(from, " + slot + ", " + literal(each.name) + ", out." +
             each.cpp_name + ");\n";
    } else {
      out += "  parley::decode_optional(from, " + slot + ", out." + each.cpp_name + ");\n";
    }
  }
  return out + "}\n";
}

std::string slots_of(const shape& what) {
  std::string out =
      "  const std::array<parley_slot, " + std::to_string(what.fields.size()) + "> slots{";
  for (std::size_t i = 0; i < what.fields.size(); ++i) {
    out += (i == 0 ? "" : ", ") + std::string("encode(a, in.") + what.fields[i].cpp_name + ")";
  }
  return out + "};\n";
}

std::string write_encode(const shape& what) {
  if (what.fields.empty()) {
    return "inline parley_slot encode(const parley::arena& a, const " + what.name +
           "&) {\n  return parley::encode_fields(a, std::array<parley_str, 0>{}, "
           "std::array<parley_slot, 0>{});\n}\n";
  }
  std::string out =
      "inline parley_slot encode(const parley::arena& a, const " + what.name + "& in) {\n";
  out += "  using parley::encode;\n";
  out += names_table(what, "  ") + slots_of(what);
  return out + "  return parley::encode_fields(a, names, slots);\n}\n";
}

std::string write_encode_key(const shape& what) {
  std::string out =
      "inline parley_slot encode_key(const parley::arena& a, const " + what.name + "& in) {\n";
  out += "  using parley::encode;\n";
  out += slots_of(what);
  return out + "  return parley::encode_items(a, slots.data(), slots.size());\n}\n";
}

} // namespace

std::string write_comment(const std::string& text, const std::string& indent) {
  std::string out;
  for (const std::string& line : wrapped(text, 97 - indent.size())) {
    out += indent + "// " + line + "\n";
  }
  return out;
}

std::string write_class(const shape& what) {
  std::string out = "class " + what.name + " {\n public:\n";
  if (!what.collection.empty()) {
    out +=
        "  static constexpr std::string_view collection_name = " + literal(what.collection) + ";\n";
  }
  if (!what.job.empty()) {
    out += "  static constexpr std::string_view job_name = " + literal(what.job) + ";\n";
  }
  if (what.ephemeral) out += "  static constexpr bool ephemeral = true;\n";
  if (!what.record.empty()) out += "  using record = " + what.record + ";\n";
  out += write_constructors(what) + "\n";
  for (const field& each : what.fields) {
    out += "  " + each.declared_type() + " " + each.cpp_name;
    if (each.has_default()) {
      out += " = " + each.initial;
    } else if (each.required && is_scalar(each.type) && each.type != "parley::value") {
      out += "{}";
    }
    out += ";\n";
  }
  out += "};\n";
  if (!what.record.empty()) return out + write_encode_key(what) + "\n";
  return out + write_decode(what) + write_encode(what) + "\n";
}

std::string write_event(const manifest::event& what, const std::string& data_type,
                        const std::string& place_field) {
  const std::string name = identifier(what.name);
  std::string out = write_comment(what.doc, "") + "class " + name + " {\n public:\n";
  out += "  static constexpr std::string_view event_name = " + literal(what.name) + ";\n";
  out +=
      std::string("  static constexpr bool durable = ") + (what.durable ? "true" : "false") + ";\n";
  if (!place_field.empty()) {
    out += "  explicit " + name + "(" + data_type + " the_data)\n      : place(the_data." +
           place_field + "), data(std::move(the_data)) {}\n";
  }
  out += "  " + name + "(std::string the_place, " + data_type +
         " the_data)\n      : place(std::move(the_place)), data(std::move(the_data)) {}\n\n";
  out += "  std::string place; // the id within the topic " + what.topic + "\n";
  out += "  " + data_type + " data;\n};\n\n";
  return out;
}

} // namespace parley::gen
