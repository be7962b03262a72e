// parleyctl jobs list, requeue and drop.

#include "ctl/ask.hpp"
#include "ctl/commands.hpp"

#include <algorithm>
#include <iomanip>
#include <iostream>

namespace parley::ctl {

namespace json = boost::json;

namespace {

// Gives the exit status; `tell` writes what the server said.
int ask(const std::string& configuration, const json::object& order,
        const std::function<void(const json::object&)>& tell) {
  const auto data = data_of(configuration);
  if (!data) return 2;
  const auto said = said_by(control::ask(*data / control::file_name, order));
  if (!said) return 1;
  tell(*said);
  return 0;
}

void row(const std::string& id, const std::string& job, const std::string& state,
         const std::string& attempts, const std::string& due, const std::string& error) {
  std::cout << std::left << std::setw(38) << id << ' ' << std::setw(24) << job << ' '
            << std::setw(8) << state << ' ' << std::setw(8) << attempts << ' ' << std::setw(24)
            << due << ' ' << error << '\n';
}

int list(const arguments& given) {
  const bool dead = given.size() == 2;
  if (dead && given[0] != "--dead") {
    std::cerr << "usage: parleyctl jobs list [--dead] CONFIG\n";
    return 2;
  }
  return ask(given.back(), {{"do", "jobs.list"}, {"dead", dead}}, [](const json::object& said) {
    row("id", "job", "state", "attempts", "due", "last error");
    for (const json::value& one : said.at("jobs").as_array()) {
      const json::object& line = one.as_object();
      row(text_of(line, "id"), text_of(line, "job"), text_of(line, "state"),
          text_of(line, "attempts"), text_of(line, "due_at"), text_of(line, "error"));
    }
    if (said.at("more").as_bool()) std::cout << "and more\n";
  });
}

void tell_count(const json::object& said) {
  std::cout << text_of(said, "count") << ' ' << text_of(said, "done") << '\n';
}

int requeue(const arguments& given) {
  return ask(given[1], {{"do", "jobs.requeue"}, {"id", given[0]}}, tell_count);
}
int requeue_all(const arguments& given) {
  return ask(given[1], {{"do", "jobs.requeue"}, {"job", given[0]}}, tell_count);
}
int drop(const arguments& given) {
  return ask(given[1], {{"do", "jobs.drop"}, {"id", given[0]}}, tell_count);
}

} // namespace

std::vector<command> job_commands() {
  return {{{"jobs", "list"}, "[--dead] CONFIG", "jobs that wait or run, or dead letters", list},
          {{"jobs", "requeue"}, "ID CONFIG", "run a dead letter again", requeue},
          {{"jobs", "requeue", "--all"},
           "PLUGIN.JOB CONFIG",
           "run all dead letters of a job again",
           requeue_all},
          {{"jobs", "drop"}, "ID CONFIG", "take a job away for good", drop}};
}

} // namespace parley::ctl
