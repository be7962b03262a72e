#include "engine_store.hpp"

#include <filesystem>
#include <fstream>
#include <future>
#include <stdexcept>

namespace parley::bench {

namespace json = boost::json;

namespace {

constexpr std::string_view collection_name = "bench.messages";

void must(const storage::failure& seen) {
  if (seen.code != storage::status::ok) throw std::runtime_error(seen.message);
}

storage::collection declared(bool is_searched) {
  storage::collection out;
  out.name = collection_name;
  out.key = {"conversation", "seq"};
  for (const char* name : {"conversation", "id", "sender", "text", "at"})
    out.columns.push_back({name, storage::column_type::text, true});
  out.columns.push_back({"seq", storage::column_type::integer, true});
  if (is_searched) {
    out.search_on = {"text"};
    out.search_by = {"conversation"};
  }
  return out;
}

config::config configured(const place& at) {
  const std::filesystem::path file = std::filesystem::path(at.folder) / "parley.yaml";
  json::object driver;
  if (!at.url.empty()) driver = {{"url", at.url}, {"schema", at.schema}};
  std::ofstream(file) << json::serialize(
      json::object{{"server", {{"name", "bench"}, {"data", at.folder}}},
                   {"listen", {{{"address", "127.0.0.1"}, {"port", 0}}}},
                   {"plugin_path", {at.plugins}},
                   {"plugins", {{at.driver, {{"config", driver}}}}}});
  auto read = ctl::configuration_of(file);
  if (!read) throw std::runtime_error("the bench's configuration is refused");
  return *std::move(read);
}

std::unique_ptr<ctl::own_store> loaded(const config::config& with) {
  auto out = std::make_unique<ctl::own_store>(with);
  if (const std::string why = out->load(); !why.empty()) throw std::runtime_error(why);
  return out;
}

} // namespace

engine_store::engine_store(const place& at, bool is_searched)
    : config_(configured(at)), driver_(loaded(config_)) {
  logic_.start();
  std::promise<storage::failure> opened;
  post([&] {
    engine_ = storage::make_engine(logic_.loop(), driver_->driver());
    engine_->open({declared(is_searched)},
                  [&](const storage::failure& seen) { opened.set_value(seen); });
  });
  must(opened.get_future().get());
}

engine_store::~engine_store() {
  std::promise<void> closed, gone;
  post([&] { engine_->close([&](const storage::failure&) { closed.set_value(); }); });
  closed.get_future().wait();
  post([&] {
    engine_.reset();
    gone.set_value();
  });
  gone.get_future().wait();
  logic_.stop();
}

void engine_store::append(const message& what, task done) {
  auto batch = engine_->begin();
  const std::string topic = name_of(what.conversation);
  const json::object record{{"conversation", topic}, {"seq", batch->next(topic)}, {"id", what.id},
                            {"sender", what.sender}, {"text", what.text},         {"at", what.at}};
  must(batch->put(collection_name, record));
  must(batch->append(topic, "message.created", record, what.at));
  engine_->commit(std::move(batch), [done = std::move(done)](const storage::commit_result& seen) {
    must(seen.why);
    done();
  });
}

void engine_store::newest(std::uint32_t conversation, task done) {
  storage::query what;
  what.prefix = {name_of(conversation)};
  what.reverse = true;
  what.limit = page;
  engine_->range(collection_name, what, {},
                 [done = std::move(done)](const storage::failure& seen,
                                          const std::vector<json::object>&, bool) {
                   must(seen);
                   done();
                 });
}

void engine_store::search(const std::string& words, task done) {
  storage::search_query what;
  what.text = words;
  engine_->search(collection_name, what, {},
                  [done = std::move(done)](const storage::failure& seen,
                                           const std::vector<storage::search_hit>&, bool) {
                    must(seen);
                    done();
                  });
}

} // namespace parley::bench
