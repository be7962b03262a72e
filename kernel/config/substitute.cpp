#include "config/substitute.hpp"

#include <fstream>
#include <iterator>
#include <string_view>
#include <utility>

namespace parley::config {
namespace json = boost::json;

namespace {

constexpr std::size_t max_secret_bytes = 64 * 1024;
constexpr std::string_view file_prefix = "file:";

std::string child(const std::string& pointer, std::string_view key) {
  return pointer + "/" + yaml::escape_pointer(key);
}

bool is_variable(std::string_view name) {
  return !name.empty() && !(name.front() >= '0' && name.front() <= '9') &&
         name.find_first_not_of(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") == name.npos;
}

class substitution {
 public:
  substitution(yaml::document& source, const environment& variables,
               const std::filesystem::path& folder, std::map<std::string, std::string>& replaced,
               std::vector<yaml::problem>& problems)
      : source_(source),
        variables_(variables),
        folder_(folder),
        replaced_(replaced),
        problems_(problems) {}

  // `depth` counts levels; files may stand below plugins/NAME/config.
  void walk(json::value& value, const std::string& pointer, std::size_t depth, bool files) {
    if (auto* object = value.if_object()) {
      for (auto& member : *object) {
        bool below = files;
        if (depth == 0) below = member.key() == "plugins";
        if (depth == 2) below = files && member.key() == "config";
        walk(member.value(), child(pointer, member.key()), depth + 1, below);
      }
    } else if (auto* array = value.if_array()) {
      for (std::size_t i = 0; i < array->size(); ++i) {
        walk((*array)[i], child(pointer, std::to_string(i)), depth + 1, files);
      }
    } else if (auto* text = value.if_string()) {
      const std::string written(*text);
      std::string out = expand(written, pointer);
      if (files && depth > 3 && written.starts_with(file_prefix)) out = read(out, pointer);
      if (out == written) return;
      replaced_[pointer] = written;
      value = out;
    }
  }

 private:
  void problem(const std::string& pointer, std::string what, std::string instead) {
    problems_.push_back({source_.file, source_.at(pointer), std::move(what), std::move(instead)});
  }

  std::string expand(std::string_view text, const std::string& pointer) {
    std::string out;
    while (!text.empty()) {
      const auto dollar = text.find('$');
      out += text.substr(0, dollar);
      if (dollar == text.npos) break;
      text.remove_prefix(dollar);
      if (text.starts_with("$$")) {
        out += '$';
        text.remove_prefix(2);
      } else if (text.starts_with("${")) {
        const auto end = text.find('}');
        if (end == text.npos) {
          problem(pointer, "`${` has no end", "`${NAME}`, or `$$` for one `$`");
          return out;
        }
        out += variable(text.substr(2, end - 2), pointer);
        text.remove_prefix(end + 1);
      } else {
        out += '$';
        text.remove_prefix(1);
      }
    }
    return out;
  }

  std::string variable(std::string_view inside, const std::string& pointer) {
    const auto colon = inside.find(":-");
    const std::string name(inside.substr(0, colon));
    if (!is_variable(name)) {
      problem(pointer, "`${" + std::string(inside) + "}` names no environment variable",
              "`${NAME}` or `${NAME:-text}`, or `$$` for one `$`");
      return "";
    }
    if (auto value = variables_(name)) return *value;
    if (colon != inside.npos) return std::string(inside.substr(colon + 2));
    problem(pointer, "the environment variable `" + name + "` is not set",
            "set it, or write `${" + name + ":-text}`");
    return "";
  }

  std::string read(const std::string& written, const std::string& pointer) {
    const auto path = folder_ / written.substr(file_prefix.size());
    std::string text;
    bool readable = false;
    try {
      std::ifstream stream(path, std::ios::binary);
      text.resize(max_secret_bytes + 1);
      stream.read(text.data(), static_cast<std::streamsize>(text.size()));
      readable = stream.is_open() && !stream.bad();
      text.resize(static_cast<std::size_t>(stream.gcount()));
    } catch (const std::ios_base::failure&) {
      readable = false; // a directory, for one
    }
    if (!readable || !std::filesystem::is_regular_file(path)) {
      problem(pointer, "the file `" + path.lexically_normal().string() + "` cannot be read",
              "`file:` and the path of a file that can");
      return "";
    }
    if (text.size() > max_secret_bytes) {
      problem(pointer, "the file `" + path.lexically_normal().string() + "` is too big",
              "at most 64 KiB");
      return "";
    }
    if (text.ends_with('\n')) text.pop_back();
    if (text.ends_with('\r')) text.pop_back();
    return text;
  }

  yaml::document& source_;
  const environment& variables_;
  const std::filesystem::path& folder_;
  std::map<std::string, std::string>& replaced_;
  std::vector<yaml::problem>& problems_;
};

// A whole number, a number, true or false; otherwise nothing.
std::optional<json::value> as_plain(const json::string& text) {
  boost::json::error_code error;
  const json::value out = json::parse({text.data(), text.size()}, error);
  if (error || !(out.is_number() || out.is_bool())) return {};
  return out;
}

// Where a variable's text stands for something else, it is read as that.
bool retype(const schema::validator& wanted, json::value& value, const std::string& prefix,
            const std::map<std::string, std::string>& replaced) {
  bool changed = false;
  for (const auto& breach : wanted.check(value)) {
    if (!replaced.contains(prefix + breach.pointer)) continue;
    boost::json::error_code error;
    auto* at = value.find_pointer(breach.pointer, error);
    if (!at || !at->is_string()) continue;
    if (auto plain = as_plain(at->get_string())) {
      *at = *plain;
      changed = true;
    }
  }
  return changed;
}

} // namespace

void substitute(yaml::document& source, const environment& variables,
                const std::filesystem::path& folder, std::map<std::string, std::string>& replaced,
                std::vector<yaml::problem>& problems) {
  substitution(source, variables, folder, replaced, problems).walk(source.root, "", 0, false);
}

void check_part(const schema::validator& wanted, json::value& value, const std::string& prefix,
                const yaml::document& source, const std::map<std::string, std::string>& replaced,
                std::vector<yaml::problem>& problems) {
  retype(wanted, value, prefix, replaced);
  for (auto& breach : wanted.check(value)) {
    const std::string pointer = prefix + breach.pointer;
    const auto where = breach.at_key ? source.at_key(pointer) : source.at(pointer);
    // What a variable or a file holds may be secret.
    if (const auto put_in = replaced.find(pointer); put_in != replaced.end()) {
      breach.what.resize(std::min(breach.what.size(), breach.what.find(", found ")));
      breach.what += ", found what `" + put_in->second + "` gives";
      breach.instead.clear();
    }
    problems.push_back({source.file, where, std::move(breach.what), std::move(breach.instead)});
  }
}

} // namespace parley::config
