#include "sample.hpp"

#include <stdexcept>

task<note> sample::echo(call&, echo_params p) {
  co_return p;
}

task<note> sample::add(call& c, add_params p) {
  const tracked here;
  const identity_types::profile who = co_await identity().get(c, c.account());
  auto measure = [text = p.text, also = tracked()] { return text + "!"; };
  const std::string measured = co_await offload(c, measure);
  note made(p.shelf, 0, measured + " by " + who.display_name);
  made = co_await run_note_adding(c, made);
  batch b(c);
  made.number = b.next("shelf", p.shelf);
  b.require_absent(notes_key(p.shelf, made.number));
  b.put(made);
  b.publish(note_added(made));
  co_return co_await b.commit(made);
}

task<void> sample::fault(call& c, fault_params p) {
  const tracked here;
  if (p.how == "refused") throw shelf_full("The shelf is full.", "/shelf");
  if (p.how == "fault") throw std::runtime_error("a secret of the house");
  if (p.how == "foreign") throw 7;
  if (p.how == "invoke") co_await identity().get(c, std::string("nobody"));
  if (p.how == "no method") co_await c.invoke("other.method", make_object(c, "a", 1));
  if (p.how == "offload") {
    auto work = []() -> int { throw std::runtime_error("thrown on the pool"); };
    co_await offload(c, work);
  }
  if (p.how == "attempt") {
    batch b(c);
    b.require_exists(notes_key("none", 1));
    const result<void> committed = co_await attempt(b.commit());
    if (committed.failed_with(PARLEY_E_CONFLICT)) throw shelf_full("It was a conflict.");
  }
}

task<look> sample::see(call& c, see_params p) {
  const looks_key key(p.shelf);
  looks_record first(p.shelf);
  first.by = c.account();
  if (co_await put(c, first).for_ms(60'000).only_if_absent()) {
    looks_record again(p.shelf);
    if (co_await put(c, again).only_if_absent()) throw std::runtime_error("stored twice");
  }
  looks_record now = co_await increment(c, key, "times").for_ms(60'000);
  if (now.times == 3) {
    now = co_await patch(c, key, "by", "many").for_ms(1'000);
    const auto all = co_await range<looks_record>(c);
    const std::optional<looks_record> found = co_await get(c, key);
    if (all.items.size() != 1 || !found || !co_await erase(c, key)) {
      throw std::runtime_error("it is not there");
    }
  }
  look out(now.shelf, now.times);
  out.by = now.by;
  co_return out;
}

task<page_result> sample::page_(call& c, page_params p) {
  parley::page<note> found = co_await range<note>(c).prefix(p.shelf).after(0).limit(p.limit);
  co_return page_result(std::move(found.items), found.more);
}

task<scope_access> sample::shelf_access(call& c, std::string principal, std::string place) {
  if (principal != "ann") co_return scope_access();
  scope_access out("reader", 4);
  out.require(exists(c, notes_key(place, 1)));
  co_return out;
}

task<std::vector<scope_place>> sample::shelf_places(call&, std::string) {
  std::vector<scope_place> out;
  out.emplace_back("upper", 4);
  co_return out;
}

task<void> sample::on_account_created(call&, identity_types::profile who) {
  if (who.display_name == "Ann") ++told;
  co_return;
}

PARLEY_BUILT_IN_PLUGIN(sample, sample_entry)
