#include "identity/rotation.hpp"

#include <algorithm>

namespace parley::identity {

rotation_step rotate(const session_record& session, std::string_view presented,
                     std::int64_t now_ms) {
  if (!session.revoked_at.empty() || now_ms >= session.expires_ms) return {};
  // Hashes of secrets with 256 random bits: comparing them tells nothing by its time.
  if (std::find(session.next.begin(), session.next.end(), presented) != session.next.end()) {
    return {rotation::issue, std::string(presented), {}};
  }
  if (presented != session.current) return {rotation::revoke, {}, {}};
  auto next = session.next;
  while (next.size() >= max_next) next.erase(next.begin());
  return {rotation::issue, session.current, std::move(next)};
}

} // namespace parley::identity
