#include "quotes.plugin.hpp"

class quotes final : public quotes_plugin {
  task<quote> add(call& c, add_params p) override {
    const page<quote> known = co_await range<quote>(c).limit(config().most);
    if (static_cast<std::int64_t>(known.items.size()) >= config().most) co_return full();
    const quote made(c.new_id(), p.text, p.author, c.account(), c.now());
    batch b(c);
    b.put(made);
    co_await b.commit();
    co_return made;
  }

  task<quote> random(call& c, random_params) override {
    page<quote> found = co_await range<quote>(c).limit(config().most);
    if (found.items.empty()) co_return not_found("There is no quote yet.");
    std::uint32_t drawn = 0;
    random_bytes(c.host(), &drawn, sizeof drawn);
    co_return found.items[drawn % found.items.size()];
  }

  task<list_result> list(call& c, list_params p) override {
    auto query = range<quote>(c).index("by_author").prefix(p.author).limit(p.limit);
    if (p.after) query.after(*p.after);
    page<quote> found = co_await query;
    co_return list_result(std::move(found.items), found.more);
  }
};

PARLEY_PLUGIN(quotes)
