#include "node/api_documents.hpp"

#include "env/virtual.hpp"

#include <gmock/gmock.h>

#include <deque>

namespace parley {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Work that waits until the test lets it run.
class held_workers final : public env::workers {
 public:
  bool post(env::task work) override {
    if (full) return false;
    held.push_back(std::move(work));
    return true;
  }
  void run_one() {
    ASSERT_FALSE(held.empty());
    const env::task work = std::move(held.front());
    held.pop_front();
    work();
  }
  std::deque<env::task> held;
  bool full = false;
};

std::shared_ptr<const dispatch::registry> generation(std::uint64_t number, std::string method) {
  manifest::manifest by;
  by.name = "notes";
  manifest::method one;
  one.name = std::move(method);
  one.http = manifest::http_route{"GET", "/v1/" + one.name};
  one.params = {{"type", "object"}};
  by.methods.push_back(std::move(one));
  return std::make_shared<const dispatch::registry>(
      number, std::vector<std::shared_ptr<const dispatch::offer>>{
                  std::make_shared<const dispatch::offer>(by)});
}

class documents_of_a_node : public ::testing::Test {
 protected:
  void ask(std::string_view path = "/v1/openapi.json") {
    all_.give(path, [this](api_documents::found what) {
      answers_.push_back(what ? what->content : "nothing");
    });
  }
  void make() {
    pool_.run_one();
    loop_.run_until_idle();
  }

  env::virtual_clock clock_;
  env::virtual_loop loop_{clock_};
  held_workers pool_;
  api_documents all_{loop_, pool_, {"Here", "0.1.0"}};
  std::vector<std::string> answers_;
};

TEST_F(documents_of_a_node, are_made_once_for_all_who_ask) {
  all_.renew(generation(1, "notes.add"));
  ask();
  ask("/v1/asyncapi.json");
  EXPECT_EQ(pool_.held.size(), 1u);
  EXPECT_TRUE(answers_.empty());
  make();
  ask();
  EXPECT_TRUE(pool_.held.empty());
  ASSERT_EQ(answers_.size(), 3u);
  EXPECT_THAT(answers_[0], HasSubstr("/v1/notes.add"));
  EXPECT_THAT(answers_[1], HasSubstr("\"asyncapi\""));
  EXPECT_EQ(answers_[2], answers_[0]);
}

TEST_F(documents_of_a_node, are_those_of_the_newest_generation) {
  all_.renew(generation(1, "notes.add"));
  ask();
  make();
  all_.renew(generation(2, "notes.list"));
  ask();
  all_.renew(generation(3, "notes.read")); // while those of 2 are made
  make();
  EXPECT_EQ(answers_.size(), 1u);
  make();
  ASSERT_EQ(answers_.size(), 2u);
  EXPECT_THAT(answers_[1], HasSubstr("/v1/notes.read"));
  EXPECT_THAT(answers_[1], Not(HasSubstr("/v1/notes.list")));
}

TEST_F(documents_of_a_node, are_not_to_be_had_before_it_serves_or_while_there_is_too_much_to_do) {
  ask();
  all_.renew(generation(1, "notes.add"));
  pool_.full = true;
  ask();
  EXPECT_THAT(answers_, ::testing::ElementsAre("nothing", "nothing"));
  pool_.full = false;
  ask();
  make();
  EXPECT_THAT(answers_.back(), HasSubstr("/v1/notes.add"));
}

} // namespace
} // namespace parley
