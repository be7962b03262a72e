// Messages by their words: in one conversation, or in all of the caller's.

#include "messaging.hpp"

namespace {

// Nobody finds what was before they came: each conversation is searched from there on.
template <typename Params>
task<found> look(call& c, Params p, std::vector<search_range> in) {
  auto query = search<message>(c, p.text).within("conversation", "seq", in);
  if (p.sender) query.where("sender", *p.sender);
  if (p.unfinished) query.unfinished();
  query.skip(p.skip).limit(p.limit).may_lag();
  page<search_hit<message>> hits = co_await query;
  found out;
  out.more = hits.more;
  for (search_hit<message>& each : hits.items) {
    // A server of a version before may have changed the text without its words.
    if (each.snippets.empty()) continue;
    hit one;
    one.message = std::move(each.record);
    for (snippet_piece& piece : each.snippets[0].pieces) {
      one.snippet.emplace_back(std::move(piece.text), piece.hit);
    }
    out.items.push_back(std::move(one));
  }
  co_return out;
}

} // namespace

task<found> messaging::search_(call& c, search_params p) {
  std::vector<search_range> one{{p.conversation, c.readable_from()}};
  co_return co_await look(c, std::move(p), std::move(one));
}

task<found> messaging::search_all(call& c, search_all_params p) {
  constexpr std::int64_t most = 1000;
  // An id that was made later is greater.
  const page<member> own =
      co_await range<member>(c).index("by_account").prefix(c.account()).reverse().limit(most);
  std::vector<search_range> in;
  for (const member& each : own.items) in.push_back({each.conversation, each.since});
  co_return co_await look(c, std::move(p), std::move(in));
}
