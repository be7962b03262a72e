// A storage driver as the server loads it, without a server.

#include "manifest.hpp"
#include "parley/test/storage_driver.hpp"
#include "testing/json.hpp"
#include "testing/loaded_driver.hpp"
#include "testing/schedule.hpp"

#include <filesystem>

namespace parley::test::storage {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& why) {
  throw failure(why, why);
}

class plugin_driver final : public running_driver {
 public:
  plugin_driver(const std::string& folder, const test::value& config, const std::string& place)
      : loaded_(random_) {
    std::vector<yaml::problem> problems;
    const yaml::document source =
        yaml::read_file((fs::path(folder) / "plugin.yaml").string(), problems);
    parley::plugin::candidate what;
    if (problems.empty()) what.declared = manifest::read(source, problems);
    if (!problems.empty()) fail(yaml::to_string(problems.front()));
    what.name = what.declared.name;
    what.folder = folder;
    what.library = fs::path(folder) / ("lib" + what.name + ".so");
    boost::json::object schema = what.declared.config;
    if (schema.empty()) schema = {{"type", "object"}};
    std::vector<schema::breach> faults;
    const auto wanted = schema::validator::compile(schema, faults);
    what.config = config.is_null() ? boost::json::value(boost::json::object{}) : to_json(config);
    schema::breach first;
    if (!faults.empty() || !wanted.accepts(what.config, first))
      fail("the configuration of " + what.name + ": " +
           (faults.empty() ? first : faults.front()).what);
    wanted.add_defaults(what.config);
    if (const std::string why = loaded_.load(std::move(what), fs::path(place) / ".loaded");
        !why.empty())
      fail(why);
  }
  const parley_storage_driver& driver() const override { return loaded_.face(); }
  void work() override { loaded_.work(); }

 private:
  env::seeded_random random_{1};
  loaded_driver loaded_;
};

} // namespace

driver_maker from_plugin(std::string folder,
                         std::function<test::value(const std::string& place)> config) {
  return [folder = std::move(folder), config = std::move(config)](const std::string& place) {
    return std::make_unique<plugin_driver>(folder, config ? config(place) : test::value(), place);
  };
}

} // namespace parley::test::storage
