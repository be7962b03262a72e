#include "testing/played.hpp"

#include "dispatch/calls.hpp"
#include "parley/call.h"
#include "testing/json.hpp"

#include <map>
#include <memory>

namespace parley::test {

namespace {

struct part {
  const std::function<said(const value&)>* does = nullptr;
  const parley_call_api* calls = nullptr;
  const parley_value_api* values = nullptr;
  const blame* wrong = nullptr;
};

struct player {
  std::vector<std::unique_ptr<part>> parts;
  blame wrong;
};

void fail(const part& by, parley_call call, parley_status status, const said& what) {
  parley_error why{};
  why.size = sizeof why;
  why.status = status;
  why.code = dispatch::str(what.code);
  why.message = dispatch::str(what.message);
  by.calls->fail(call, &why);
}

void enter(void* user, parley_call call, parley_value input) {
  const part& by = *static_cast<const part*>(user);
  said what;
  try {
    const boost::json::value* given = dispatch::value_arena::find(input);
    what = (*by.does)(given ? from_json(*given) : value());
  } catch (const std::exception& thrown) {
    (*by.wrong)(thrown.what());
    what = said::failure();
  }
  switch (what.what) {
    case said::kind::nothing:
      by.calls->finish(call, 0);
      break;
    case said::kind::result: {
      const std::string text = what.data.json();
      parley_value result = 0;
      by.values->parse(call, dispatch::str(text), &result);
      by.calls->finish(call, result);
      break;
    }
    case said::kind::refusal:
      fail(by, call, PARLEY_E_REFUSED, what);
      break;
    case said::kind::failure:
      fail(by, call, PARLEY_E_FAILED, what);
      break;
    case said::kind::silence:
      break;
  }
}

} // namespace

said said::result(value what) {
  said out;
  out.what = kind::result;
  out.data = std::move(what);
  return out;
}

said said::refusal(std::string code, std::string message) {
  said out;
  out.what = kind::refusal;
  out.code = std::move(code);
  out.message = std::move(message);
  return out;
}

said said::failure() {
  said out;
  out.what = kind::failure;
  return out;
}

said said::silence() {
  said out;
  out.what = kind::silence;
  return out;
}

parley::plugin::loader::entry play(const stand_in& of, blame wrong) {
  return [&of, wrong = std::move(wrong)](const parley_host* host, parley_plugin* out) {
    static const std::map<std::string, std::int32_t> kinds{{"method", PARLEY_METHOD},
                                                           {"hook", PARLEY_HOOK},
                                                           {"access", PARLEY_SCOPE_ACCESS},
                                                           {"places", PARLEY_SCOPE_PLACES}};
    const auto* calls = static_cast<const parley_call_api*>(
        host->query(host, PARLEY_CALL_INTERFACE, sizeof(parley_call_api)));
    const auto* values = static_cast<const parley_value_api*>(
        host->query(host, PARLEY_VALUE_INTERFACE, sizeof(parley_value_api)));
    auto made = std::make_unique<player>();
    made->wrong = wrong;
    for (const auto& [key, does] : of.does) {
      const std::size_t space = key.find(' ');
      const auto kind = kinds.find(key.substr(0, space));
      made->parts.push_back(std::make_unique<part>(part{&does, calls, values, &made->wrong}));
      const parley_status status =
          space == std::string::npos || kind == kinds.end()
              ? parley_status{PARLEY_E_INVALID}
              : calls->provide(host, kind->second,
                               dispatch::str(std::string_view(key).substr(space + 1)), enter,
                               made->parts.back().get());
      if (status != PARLEY_OK) {
        wrong("a stand-in does `" + key + "`, which its manifest does not declare");
        return status;
      }
    }
    out->self = made.release();
    out->destroy = [](void* self) { delete static_cast<player*>(self); };
    return parley_status{PARLEY_OK};
  };
}

} // namespace parley::test
