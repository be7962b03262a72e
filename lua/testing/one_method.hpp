#pragma once

// A plugin of a few lines, with one method sample.run, for tests of the runtime itself.

#include "fake_host.hpp"

#include <gtest/gtest.h>

namespace parley::lua::testing {

inline manifest::method declare_method(const std::string& name) {
  manifest::method m;
  m.name = name;
  return m;
}

inline manifest::hook declare_hook(const std::string& name, manifest::hook_kind kind) {
  manifest::hook h;
  h.name = name;
  h.kind = kind;
  return h;
}

inline const std::string preamble =
    "local parley = require 'parley'; local plugin = parley.plugin()\n";

// init.lua: line 1 is the preamble, line 2 `before`, line 3 the function, its body begins at 4.
class one_method : public fake_host {
 public:
  explicit one_method(const std::string& body, const std::string& before = "") {
    declared.methods.push_back(declare_method("sample.run"));
    init_ = preamble + before + "\nfunction plugin.methods.sample.run(call, params)\n" + body +
            "\nend\nreturn plugin\n";
  }

  // Loads at the first use, so that a test may change the host before.
  ending run_it(const json::value& params = json::object()) {
    if (!tried_) {
      tried_ = true;
      EXPECT_EQ(load({{"init.lua", init_}}), PARLEY_OK) << why;
    }
    const auto end = method("sample.run", params);
    EXPECT_TRUE(end.has_value()) << "the call has not ended";
    EXPECT_EQ(open_calls(), 0u);
    EXPECT_EQ(ended_twice, 0);
    return end.value_or(ending{});
  }

 private:
  std::string init_;
  bool tried_ = false;
};

} // namespace parley::lua::testing
