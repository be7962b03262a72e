#include "control/socket.hpp"

#include "control/client.hpp"
#include "env/thread.hpp"

#include <gmock/gmock.h>

#include <sys/stat.h>

#include <fstream>
#include <future>

namespace parley::control {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;
using ::testing::HasSubstr;

class control_socket : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "parley-control-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    file_ = folder_ / file_name;
    thread_.start();
  }
  void TearDown() override {
    on_loop([this] { socket_.reset(); });
    thread_.stop();
    fs::remove_all(folder_);
  }
  void on_loop(const std::function<void()>& what) {
    std::promise<void> done;
    thread_.loop().post([&] {
      what();
      done.set_value();
    });
    done.get_future().wait();
  }
  std::string open() {
    std::string why;
    on_loop([&] {
      socket_ = std::make_unique<socket>(thread_.loop(), file_,
                                         [](const json::object& asked, const reply& answer) {
                                           answer({{"heard", asked}});
                                         });
      why = socket_->open();
    });
    return why;
  }

  env::loop_thread thread_{"control"};
  fs::path folder_, file_;
  std::unique_ptr<socket> socket_;
};

TEST_F(control_socket, answers_what_is_asked) {
  EXPECT_EQ(open(), "");
  const answer a = ask(file_, {{"do", "x"}});
  ASSERT_TRUE(a.said) << a.why;
  EXPECT_EQ(*a.said, (json::object{{"heard", {{"do", "x"}}}}));
}

TEST_F(control_socket, is_for_its_user_alone) {
  open();
  struct stat found {};
  ASSERT_EQ(::stat(file_.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600U);
}

TEST_F(control_socket, says_when_nobody_listens) {
  EXPECT_TRUE(ask(file_, {}).nobody);
  EXPECT_THAT(ask(file_, {}).why, HasSubstr("no server runs with this configuration"));
  EXPECT_THAT(ask(folder_ / std::string(200, 'x'), {}).why, HasSubstr("too long"));
}

TEST_F(control_socket, takes_the_place_of_one_that_was_left_behind) {
  std::ofstream(file_) << "";
  EXPECT_TRUE(ask(file_, {}).nobody);
  EXPECT_EQ(open(), "");
  EXPECT_TRUE(ask(file_, {}).said);
}

TEST_F(control_socket, does_not_take_the_place_of_one_that_lives) {
  open();
  on_loop([&] {
    socket second(thread_.loop(), file_, {});
    second.open();
  });
  // The first one still looks after it: asked from another thread than its own.
  EXPECT_TRUE(ask(file_, {}).said);
}

TEST_F(control_socket, goes_with_its_file) {
  open();
  on_loop([this] { socket_.reset(); });
  EXPECT_FALSE(fs::exists(file_));
}

TEST_F(control_socket, says_what_a_path_is_too_long_for) {
  file_ = folder_ / std::string(120, 'x');
  EXPECT_THAT(open(), HasSubstr("cannot be made"));
}

} // namespace
} // namespace parley::control
