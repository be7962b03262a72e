#pragma once

// Rotation of refresh tokens, as a pure function of a session's record and the presented token.
//
// The record knows tokens by their hashes:
//
//   current   the newest token that its holder is known to have: it was presented, or it is the
//             session's first.
//   next      tokens that were issued for `current` and have not been presented yet.
//
// A token that was issued for this session (its tag proves it) is in one of four states:
//
//   is in         presented, it
//   next          becomes current, and its siblings in next, like the old current, become spent.
//                 A new next is issued.
//   current       stays current. One more next is issued: the answer that carried the one before
//   was
//                 lost, or two windows of one client refresh at once. At most max_next; the oldest
//                 becomes spent.
//   neither       is spent: somebody has a copy. The session is revoked, so that whoever holds the
//                 other copy is out as well, and the owner logs in again.
//   (a session that is revoked or expired refuses any)
//
// So a crash at any point locks nobody out: until a client presents the new token, the old one is
// good. And a thief is found out: whoever of thief and owner presents second, after the other's
// token was used, presents a spent one.
//
// Only a refresh counts as the use of a refresh token. A request with the access token that came
// with it does not: that would cost a write for every generation, and make each first request wait
// for the disk. The price: for up to one lifetime of an access token after a refresh a stolen old
// token can still be presented; it is found out at the owner's next refresh.
//
// Two refreshes at once are ordered by the store: each is written under the condition that the
// record's `generation` is the one that was read. Who loses reads again and decides again.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace parley::identity {

inline constexpr std::size_t max_next = 4;

struct session_record {
  std::string id;
  std::string account;
  std::string device;
  std::string current;
  std::vector<std::string> next; // oldest first
  std::int64_t generation = 0;   // counts the writes
  std::string created_at;
  std::int64_t expires_ms = 0;
  std::string revoked_at; // empty: it is not
};

enum class rotation {
  issue,  // write current and next with a new token's hash, answer with that token
  revoke, // reuse: write the revocation
  refuse  // write nothing
};

struct rotation_step {
  rotation what = rotation::refuse;
  std::string current;
  std::vector<std::string> next; // without the new token's hash, with room for it
};

// `presented`: the hash of a token that was issued for this session.
rotation_step rotate(const session_record& session, std::string_view presented,
                     std::int64_t now_ms);

} // namespace parley::identity
