#include "testing/faults.hpp"

#include "parley/test/host.hpp"

namespace parley::test {

const std::vector<fault>& faults() {
  static const std::vector<fault> all{
      {"commit-unavailable", "A commit is refused and nothing is written, as by a full disk."},
      {"commit-unsure",
       "A commit is written and its answer lost: who follows hears of it when resuming."},
      {"commit-conflict", "A commit is refused, as where somebody else wrote first."},
      {"commit-slow", "A commit takes a second."},
      {"commit-stuck", "A commit is written when every deadline has passed."},
      {"read-unavailable", "A read from the store fails."},
      {"read-slow", "A read takes a second."},
      {"read-stuck", "A read ends when every deadline has passed."},
      {"offload-full", "The queue for work beside the logic thread is full."},
      {"calls-cancelled", "All calls of clients are cancelled while one waits for the store."},
      {"hook-fails", "Another plugin that steps into a hook breaks."},
      {"hook-stuck", "Another plugin that steps into a hook does not answer."},
      {"upgrade", "The plugin is upgraded while a call waits for the store."},
      {"clients-gone", "All connections break while a call waits for the store; they come again."},
      {"clock-forward", "The wall clock is set forward by an hour while a call waits."},
      {"clock-back", "The wall clock is set back by an hour while a call waits."},
      {"restart-in-job",
       "The power goes while a job runs; the server starts again, and the job is taken over."},
      {"restart", "The power goes while a call waits for the store; the server starts again."},
  };
  return all;
}

namespace {

// Whether the fault had its occasion.
bool try_one(const options& with, const std::function<void(host&)>& talk, std::string_view fault,
             unsigned nth) {
  try {
    host server(with);
    server.inject(fault, nth);
    talk(server);
    const bool was = server.injected();
    server.stop();
    return was;
  } catch (const failure& why) {
    const std::string under =
        "under the fault " + std::string(fault) + " at its occasion " + std::to_string(nth) + ": ";
    throw failure(under + why.sentence(), under + why.what());
  }
}

} // namespace

std::size_t under_each_fault(const options& with, const std::function<void(host&)>& talk,
                             unsigned most) {
  std::size_t ran = 0;
  for (const fault& each : faults())
    for (unsigned nth = 1; nth <= most; ++nth) {
      ++ran;
      if (!try_one(with, talk, each.name, nth)) break;
    }
  return ran;
}

} // namespace parley::test
