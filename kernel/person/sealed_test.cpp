// A person's data of which a part is sealed.

#include "person/person_fixture.hpp"

#include <sqlite3.h>

namespace parley::person {
namespace {

namespace json = boost::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

const std::string ann = "ann", ben = "ben";

class sealed_person : public person_fixture {
 protected:
  void SetUp() override {
    person_fixture::SetUp();
    for (const std::string& each : {ann, ben}) {
      account(each);
      const std::int64_t id = each == ann ? 1 : 2;
      for (const char* of : {"secrets", "signed", "vows"})
        put(of, {{"id", id}, {"by", each}, {"secret", each + " whispers"}});
      tell("club:x", {{"by", each}, {"secret", each + " whispers"}});
    }
  }
  // Past the engine, which has nothing to do meanwhile. The first column of the last row.
  std::string sql(const std::string& text) {
    sqlite3* file = nullptr;
    EXPECT_EQ(sqlite3_open((place_ + "/parley.db").c_str(), &file), SQLITE_OK);
    std::string out;
    char* why = nullptr;
    const auto take = [](void* to, int, char** columns, char**) {
      *static_cast<std::string*>(to) = columns[0] != nullptr ? columns[0] : "";
      return 0;
    };
    EXPECT_EQ(sqlite3_exec(file, text.c_str(), take, &out, &why), SQLITE_OK) << why;
    sqlite3_free(why);
    sqlite3_close(file);
    return out;
  }
  // Of the store's files.
  bool is_in_files(const std::string& text) {
    for (const auto& each : std::filesystem::directory_iterator(place_)) {
      std::ifstream in(each.path(), std::ios::binary);
      const std::string all(std::istreambuf_iterator<char>(in), {});
      if (all.find(text) != std::string::npos) return true;
    }
    return false;
  }
};

TEST_F(sealed_person, an_export_is_readable_and_lies_in_the_store_sealed) {
  report(verb::export_all, ann);
  ASSERT_FALSE(records(std::string(parts_name)).empty());
  EXPECT_TRUE(is_in_files("secret.told")) << "so the search itself works";
  EXPECT_FALSE(is_in_files("whispers"));
  const json::object file = json::parse(exported(ann)).as_object();
  std::map<std::string, json::value> records;
  for (const json::value& each : file.at("records").as_array())
    records[std::string(each.at("collection").as_string())] = each.at("record");
  for (const char* each : {"club.secrets", "club.signed", "club.vows"})
    EXPECT_EQ(records.at(each), (object{{"id", 1}, {"by", ann}, {"secret", "ann whispers"}}));
  ASSERT_THAT(file.at("events").as_array(), SizeIs(1));
  EXPECT_EQ(file.at("events").at(0).at("data"), (object{{"by", ann}, {"secret", "ann whispers"}}));
  EXPECT_THAT(exported(ann), Not(HasSubstr("ben")));
}

TEST_F(sealed_person, nothing_of_it_is_sealed_where_no_plugin_seals) {
  manifests_.pop_back();
  report(verb::export_all, ann);
  EXPECT_THAT(records(std::string(parts_name)).at(0).at("text").as_string(),
              HasSubstr("parley.person/1"));
  EXPECT_THAT(exported(ann), HasSubstr("parley.person/1"));
}

TEST_F(sealed_person, the_key_goes_with_the_person_and_what_is_kept_has_another) {
  const std::string wrapped =
      sql(R"(select wrapped from "kernel.data_keys" where subject = 'account:ann')");
  const std::string bytes = sql(R"(select secret from "club.secrets" where id = 1)");
  ASSERT_TRUE(is_in_files(wrapped));
  const object said = report(verb::erase, ann);
  EXPECT_EQ(json::serialize(said.at("keys")), R"({"data key":{"deleted":1}})");
  EXPECT_EQ(json::serialize(said.at("collections").at("club.secrets")), R"({"deleted":1})");
  EXPECT_EQ(json::serialize(said.at("collections").at("club.signed")), R"({"anonymised":1})");
  EXPECT_EQ(json::serialize(said.at("events").at("secret.told")), R"({"voided":1})");
  EXPECT_FALSE(is_in_files(wrapped));
  EXPECT_FALSE(is_in_files(bytes));

  EXPECT_THAT(records("club.secrets"),
              ElementsAre(object{{"id", 2}, {"by", ben}, {"secret", "ben whispers"}}));
  EXPECT_THAT(records("club.signed"),
              ElementsAre(object{{"id", 1}, {"by", nobody}},
                          object{{"id", 2}, {"by", ben}, {"secret", "ben whispers"}}));
  EXPECT_EQ(records("club.vows").at(0),
            (object{{"id", 1}, {"by", ann}, {"secret", "ann whispers"}}));
  EXPECT_EQ(events("club:x").at(0).event, "");
  EXPECT_THAT(events("club:x").at(1).data, HasSubstr("ben whispers"));

  // A copy that somebody has kept.
  put("secrets", {{"id", 1}, {"by", ben}});
  sql(R"(update "club.secrets" set by = 'ann', secret = ')" + bytes + "' where id = 1");
  EXPECT_EQ(records("club.secrets").at(0), (object{{"id", 1}, {"by", ann}}));

  EXPECT_EQ(report(verb::erase, ann).at("keys"), said.at("keys")) << "it is counted once";
}

TEST_F(sealed_person, who_erases_is_not_stopped_by_what_was_tampered_with) {
  sql(R"(update "club.secrets" set secret = 'AAAA')");
  sql(R"(update "parley:log" set data = replace(data, '$sealed":{"secret":"', '$sealed":{"secret":"A'))");
  ASSERT_EQ(events("club:x").at(0).event, "") << "to others it is a void";
  const object said = report(verb::erase, ann);
  EXPECT_EQ(json::serialize(said.at("collections").at("club.secrets")), R"({"deleted":1})");
  EXPECT_EQ(json::serialize(said.at("events").at("secret.told")), R"({"voided":1})");
  EXPECT_EQ(sql(R"(select count(*) from "parley:log" where data like '%"ann"%')"), "0");
}

} // namespace
} // namespace parley::person
