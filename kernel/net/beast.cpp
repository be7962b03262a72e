// The one place where Beast's own code is compiled.

// Its parser asserts that the last chunk comes in one piece, and does well without: who sends it
// byte by byte must not end the server (boostorg/beast, pull request 2861).
#define BOOST_DISABLE_ASSERTS

#include <boost/beast/src.hpp>
