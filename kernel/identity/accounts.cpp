#include "identity/accounts.hpp"

#include "parley/call.h"

namespace parley::identity {

namespace json = boost::json;

storage::failure accounts::create(storage::batch& writes, account_record& account) {
  if (!account.name.empty() && !valid_name(account.name)) {
    return {storage::status::invalid,
            "a user name is 2 to 32 of a-z, 0-9, _, . and -, and begins with none of the last two"};
  }
  if (account.display_name.empty()) {
    return {storage::status::invalid, "an account needs a display_name"};
  }
  account.id = env::uuid_v7(clock_, random_);
  account.created_at = env::rfc3339(clock_.unix_ms());
  return writes.put(principals, to_record(account));
}

void accounts::get(std::string_view id, got done) {
  store_.get(principals, json::array{id}, {},
             [done = std::move(done)](storage::failure why, std::optional<json::object> record) {
               if (!record) return done(std::move(why), std::nullopt);
               done({}, read_account(*record));
             });
}

void accounts::get_by_name(std::string_view name, got done) {
  storage::query query;
  query.index = "by_name";
  query.prefix = json::array{name};
  query.limit = 1;
  store_.range(
      principals, query, {},
      [done = std::move(done)](storage::failure why, std::vector<json::object> records, bool) {
        if (records.empty()) return done(std::move(why), std::nullopt);
        done({}, read_account(records.front()));
      });
}

void accounts::find(std::string_view prefix, std::uint32_t limit, found done) {
  storage::query query;
  query.index = "by_name";
  query.lower = json::string(prefix);
  // Names are printable ASCII: DEL is behind every one that begins with the prefix.
  query.upper = json::string(std::string(prefix) + '\x7f');
  query.upper_exclusive = true;
  query.limit = limit;
  store_.range(
      principals, query, {},
      [done = std::move(done)](storage::failure why, std::vector<json::object> records, bool more) {
        std::vector<account_record> read;
        read.reserve(records.size());
        for (const auto& record : records) read.push_back(read_account(record));
        done(std::move(why), std::move(read), more);
      });
}

void accounts::ensure_bot(std::string plugin, std::string name, std::string display_name,
                          ensured done) {
  account_record wanted;
  wanted.kind = PARLEY_BOT;
  wanted.name = std::move(name);
  wanted.display_name = std::move(display_name);
  wanted.owner = std::move(plugin);
  const std::string by = wanted.name;
  get_by_name(by, [this, wanted = std::move(wanted), done = std::move(done)](
                      const storage::failure& why, std::optional<account_record> known) {
    if (why.code != storage::status::ok) return done({}, "storage: " + why.message);
    if (!known) return make_bot(wanted, done);
    if (known->kind != PARLEY_BOT || known->owner != wanted.owner) {
      return done({}, "the name " + wanted.name + " of its bot belongs to another account (" +
                          known->id + "); give the bot another name");
    }
    if (known->display_name == wanted.display_name) return done(known->id, {});
    rename_bot(*known, wanted.display_name, done);
  });
}

void accounts::make_bot(account_record bot, ensured done) {
  auto writes = store_.begin();
  const auto why = create(*writes, bot);
  if (why.code != storage::status::ok) return done({}, why.message);
  store_.commit(std::move(writes),
                [id = bot.id, done = std::move(done)](const storage::commit_result& result) {
                  if (result.why.code != storage::status::ok) {
                    return done({}, "its bot's account could not be made: " + result.why.message);
                  }
                  done(id, {});
                });
}

void accounts::rename_bot(const account_record& bot, const std::string& display_name,
                          ensured done) {
  auto writes = store_.begin();
  writes->patch(principals, json::array{bot.id}, {{"display_name", display_name}});
  store_.commit(std::move(writes),
                [id = bot.id, done = std::move(done)](const storage::commit_result& result) {
                  if (result.why.code != storage::status::ok) {
                    return done({}, "its bot could not be renamed: " + result.why.message);
                  }
                  done(id, {});
                });
}

} // namespace parley::identity
