// Access and refresh tokens. None that a client makes up is taken.

#include "identity/tokens.hpp"
#include "input.hpp"

using namespace parley;

namespace {

constexpr std::int64_t now = 1'800'000'000'000;

struct server {
  std::array<std::uint8_t, identity::signing_key::seed_size> seed{1, 2, 3};
  std::array<std::uint8_t, identity::refresh_tokens::key_size> key{4, 5, 6};
  bool ready = identity::prepare_cryptography();
  identity::access_tokens access{identity::signing_key(seed), "parley", 900'000};
  identity::refresh_tokens refresh{key};
  std::string good = access.issue({"account-1", "session-1", 1, {"user"}, now, now + 900'000});
};

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const server here;
  const std::string_view text = fuzz::text_of(data, size);
  fuzz::promise(here.access.verify(text, now).why != identity::refusal::none || text == here.good,
                "no token is made up");
  // A good one with something else in its place, from the fourth byte on.
  if (size > 4) {
    std::string changed = here.good;
    const std::size_t at = (data[0] << 8 | data[1]) % changed.size();
    changed.replace(at, data[2] % 8U, text.substr(3));
    fuzz::promise(
        here.access.verify(changed, now).why != identity::refusal::none || changed == here.good,
        "nor one that was changed");
  }
  fuzz::promise(here.refresh.session_of(text).empty(), "nor a refresh token");
  return 0;
}
