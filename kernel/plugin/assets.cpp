#include "plugin/assets.hpp"

#include <sodium.h>

#include <fstream>
#include <map>
#include <regex>
#include <sstream>

namespace parley::plugin {

namespace fs = std::filesystem;

namespace {

constexpr std::uintmax_t largest_file = 16 << 20;

std::string content_type(const fs::path& file) {
  static const std::map<std::string, std::string> types{
      {".html", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".json", "application/json"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".ico", "image/x-icon"},
      {".webp", "image/webp"},
      {".woff2", "font/woff2"},
      {".txt", "text/plain; charset=utf-8"},
      {".webmanifest", "application/manifest+json"}};
  const auto found = types.find(file.extension());
  return found == types.end() ? "application/octet-stream" : found->second;
}

std::string etag_of(const std::string& content) {
  unsigned char hash[16];
  crypto_generichash(hash, sizeof hash, reinterpret_cast<const unsigned char*>(content.data()),
                     content.size(), nullptr, 0);
  char hex[2 * sizeof hash + 1];
  return std::string("\"") + sodium_bin2hex(hex, sizeof hex, hash, sizeof hash) + "\"";
}

// As bundlers name what they may change only under another name: index-B3xK9dQf.js
bool has_hash_in_name(const fs::path& file) {
  static const std::regex hashed(R"(.+[-.][A-Za-z0-9_-]{8,}\.[a-z0-9]+)");
  const std::string name = file.filename();
  return name.size() < 256 && std::regex_match(name, hashed);
}

std::string join(std::string prefix, const std::string& relative) {
  if (prefix.empty() || prefix.back() != '/') prefix += '/';
  return prefix + relative;
}

} // namespace

std::string add_assets(dispatch::offer& to, const manifest::manifest& declared,
                       const fs::path& folder) {
  for (const manifest::assets& served : declared.served) {
    if (served.directory.empty()) continue; // the plugin makes them
    const fs::path root = folder / served.directory;
    std::error_code failed;
    fs::recursive_directory_iterator entries(root, failed);
    if (failed) return "its files in " + root.string() + " cannot be read: " + failed.message();
    for (const fs::directory_entry& entry : entries) {
      if (!entry.is_regular_file()) continue;
      if (entry.file_size() > largest_file) return entry.path().string() + " is larger than 16 MiB";
      std::ifstream in(entry.path(), std::ios::binary);
      std::ostringstream content;
      content << in.rdbuf();
      if (!in) return entry.path().string() + " cannot be read";
      dispatch::file made{content.str(),
                          content_type(entry.path()),
                          {},
                          served.content_security_policy,
                          has_hash_in_name(entry.path())};
      made.etag = etag_of(made.content);
      const fs::path relative = fs::relative(entry.path(), root);
      if (relative.filename() == "index.html") {
        const std::string parent = relative.parent_path();
        to.files[parent.empty() ? served.path : join(served.path, parent + "/")] =
            std::make_shared<const dispatch::file>(made);
      }
      to.files[join(served.path, relative)] =
          std::make_shared<const dispatch::file>(std::move(made));
    }
  }
  return {};
}

dispatch::file make_file(std::string content, std::string type, const std::string& policy) {
  dispatch::file made{std::move(content), std::move(type), {}, policy, false};
  made.etag = etag_of(made.content);
  return made;
}

const manifest::assets* place_of(const manifest::manifest& declared, std::string_view path) {
  if (path.empty() || path.front() != '/' || path.size() > 1024) return nullptr;
  for (std::string_view rest = path; !rest.empty();) {
    rest.remove_prefix(1);
    const std::string_view part = rest.substr(0, rest.find('/'));
    if (part.empty() || part == "." || part == ".." || part.find('\0') != part.npos) return nullptr;
    rest.remove_prefix(part.size());
  }
  for (const manifest::assets& each : declared.served)
    if (each.at_run_time && path.starts_with(join(each.path, ""))) return &each;
  return nullptr;
}

} // namespace parley::plugin
