#include "testing/driver_suite.hpp"

#include <algorithm>
#include <filesystem>

namespace parley::test::storage {

namespace {

struct known_case {
  driver_case what;
  suite_maker make;
};

// Filled while the program starts.
std::vector<known_case>& known() {
  static std::vector<known_case> all;
  row_cases();
  wider_cases();
  key_cases();
  range_cases();
  change_cases();
  condition_cases();
  batch_cases();
  number_cases();
  log_cases();
  restart_cases();
  search_cases();
  through_cases();
  dump_cases();
  return all;
}

template <std::size_t length>
constexpr parley_str literal(const char (&text)[length]) {
  return {text, length - 1};
}

} // namespace

const std::vector<parley_collection>& suite_collections() {
  static const parley_column item_columns[] = {
      {literal("place"), PARLEY_COLUMN_TEXT, 0},    {literal("seq"), PARLEY_COLUMN_INTEGER, 0},
      {literal("name"), PARLEY_COLUMN_TEXT, 0},     {literal("size"), PARLEY_COLUMN_INTEGER, 0},
      {literal("weight"), PARLEY_COLUMN_NUMBER, 0}, {literal("data"), PARLEY_COLUMN_JSON, 0}};
  static const parley_column tag_columns[] = {{literal("tag"), PARLEY_COLUMN_TEXT, 0}};
  static const std::uint32_t on_name[] = {2};
  static const std::uint32_t on_size[] = {0, 3};
  static const parley_index item_indexes[] = {{literal("by_name"), on_name, 1, 1},
                                              {literal("by_size"), on_size, 2, 0}};
  static const std::vector<parley_collection> all = {
      {sizeof(parley_collection), 0, literal("test.items"), item_columns, 6, 2, item_indexes, 2, 0,
       nullptr, nullptr, nullptr, 0, 0},
      {sizeof(parley_collection), 0, literal("test.tags"), tag_columns, 1, 1, nullptr, 0, 0,
       nullptr, nullptr, nullptr, 0, 0}};
  return all;
}

bool add_case(driver_case what, suite_maker how) {
  known().push_back({what, how});
  return true;
}

const std::vector<driver_case>& driver_cases() {
  static const std::vector<driver_case> all = [] {
    std::vector<driver_case> out;
    for (const known_case& each : known()) out.push_back(each.what);
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return out;
  }();
  return all;
}

void run_driver_case(std::string_view name, const driver_maker& make) {
  const auto found = std::find_if(known().begin(), known().end(),
                                  [&](const known_case& each) { return each.what.name == name; });
  if (found == known().end()) {
    const std::string why = "there is no case `" + std::string(name) + "` for drivers";
    throw failure(why, why);
  }
  const auto one = found->make(make);
  one->run();
  one->end();
}

suite::suite(const driver_maker& make) : make_(make) {
  make_place();
  reopen();
}

void suite::make_place() {
  std::string pattern = (std::filesystem::temp_directory_path() / "parley-store-XXXXXX").string();
  if (!::mkdtemp(pattern.data())) throw failure("no folder can be made", pattern);
  place_ = pattern;
}

void suite::remove_place() const {
  std::error_code ignored;
  std::filesystem::remove_all(place_, ignored);
}

suite::~suite() {
  if (store_) store_->close();
  store_.reset();
  driver_.reset();
  remove_place();
}

void suite::end() {
  CHECK_EQ(store_->close().status, PARLEY_OK);
  store_.reset();
}

void suite::reopen() {
  if (store_) end();
  driver_.reset();
  driver_ = make_(place_);
  store_ = std::make_unique<calls>(driver_->driver(), [this] { driver_->work(); });
  const rows opened = store_->open(suite_collections());
  CHECK_EQ(opened.error, "");
  CHECK_EQ(opened.status, PARLEY_OK);
}

void suite::begin_anew() {
  end();
  driver_.reset();
  remove_place();
  make_place();
  reopen();
}

row suite::item(std::string place, value seq, value name, value size) {
  return {std::move(place), std::move(seq), std::move(name), std::move(size), null{}, null{}};
}

committed suite::append(const std::string& topic, const std::string& data, const std::string& at) {
  return store_->commit(batch().append(topic, text("e"), data, at));
}

std::vector<plain> suite::of_p(std::size_t at) {
  return column(store_->read(items, by_key, {text("p")}), at);
}

std::vector<plain> column(const rows& from, std::size_t at) {
  CHECK_EQ(from.error, "");
  CHECK_EQ(from.status, PARLEY_OK);
  std::vector<plain> out;
  for (const plain_row& each : from.all) out.push_back(each.at(at));
  return out;
}

std::string shown(const plain& from) {
  if (const auto* whole = std::get_if<std::int64_t>(&from)) return std::to_string(*whole);
  if (const auto* real = std::get_if<double>(&from)) return std::to_string(*real);
  if (const auto* text = std::get_if<std::string>(&from)) return shown(*text);
  return "NULL";
}

void differs(const char* what, const std::string& is, const std::string& wanted,
             const place& where) {
  const std::string sentence = std::string(what) + " is " + is + ", and should be " + wanted;
  throw failure(sentence, where.text() + ": " + sentence);
}

} // namespace parley::test::storage
