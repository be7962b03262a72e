#pragma once

// What is measured: a store of messages, each put into a collection and appended to the log of its
// conversation in one batch. Once by Parley's engine and driver, once by a bare program with the
// same statements on the same schema.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace parley::bench {

inline constexpr std::uint32_t page = 50; // of the newest messages

struct message {
  std::uint32_t conversation = 0;
  std::string id, sender, text, at;
};

// Has its own thread, where `append` and `newest` are called and answer; the others may be called
// anywhere. Throws std::runtime_error where anything fails.
class store {
 public:
  using task = std::function<void()>;

  virtual ~store() = default;
  virtual void post(task what) = 0;
  virtual void append(const message& what, task done) = 0;
  // Reads every field of the newest 50.
  virtual void newest(std::uint32_t conversation, task done) = 0;
};

// The names that Parley's driver gave to the topics and conversations.
inline std::string name_of(std::uint32_t conversation) {
  // As long as an id is.
  std::string number = std::to_string(conversation);
  return "conversation:01890000-0000-7000-8000-" + std::string(12 - number.size(), '0') + number;
}

// What a message's event holds, as JSON. What is measured has no quotes and no backslashes.
inline std::string event_data(const message& what, std::int64_t seq) {
  return R"({"conversation":")" + name_of(what.conversation) + R"(","seq":)" + std::to_string(seq) +
         R"(,"id":")" + what.id + R"(","sender":")" + what.sender + R"(","text":")" + what.text +
         R"(","at":")" + what.at + "\"}";
}

struct place {
  std::string driver;  // storage-sqlite, storage-postgres
  std::string plugins; // the folder that holds it
  std::string folder;  // for SQLite's file; empty now
  std::string url;     // of PostgreSQL
  std::string schema;  // in it
};

} // namespace parley::bench
