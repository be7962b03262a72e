#include "parley/test/host.hpp"

#include "env/env.hpp"
#include "testing/world.hpp"

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <iostream>

namespace parley::test {

namespace {

void tell_and_end(const std::string& what) {
  std::cerr << what << '\n';
  std::abort();
}

void (*at_end)(const std::string&) = tell_and_end;

} // namespace

void on_failure_at_end(void (*tell)(const std::string& what)) {
  at_end = tell ? tell : tell_and_end;
}

host::host(const options& with, place where) {
  try {
    world_ = std::make_unique<world>(with, where);
  } catch (const failure&) {
    throw;
  } catch (const std::runtime_error& why) {
    throw failure(why.what(), where.text() + ": " + why.what());
  }
}

host::~host() {
  if (world_->ended()) return;
  const bool failing = std::uncaught_exceptions() > 0; // the test has its reason already
  std::string what;
  try {
    const std::string wrong = world_->end();
    if (!wrong.empty()) what = world_->said.everything(wrong);
  } catch (const std::exception& thrown) {
    what = thrown.what();
  }
  if (!failing && !what.empty()) at_end(what);
}

void host::stop(place where) {
  const std::string wrong = world_->end();
  if (!wrong.empty()) world_->fail(wrong, where);
}

client host::user(std::string_view name, const std::vector<std::string>& roles, place where) {
  world_->complain(where);
  return world_->user(name, roles, where);
}

client host::guest() {
  return client(&world_->connect("a guest", {}, {}));
}

client host::connect(std::string_view scheme, const value& credential) {
  return client(&world_->connect("a " + std::string(scheme) + " client", std::string(scheme),
                                 credential.text()));
}

reply host::call_as_plugin(std::string_view method, const value& params, place where) {
  world_->complain(where);
  auto answered = world_->call_as_plugin(method, params, where);
  world_->remember(answered);
  return reply(answered);
}

void host::run() {
  world_->run();
}

void host::advance(std::chrono::milliseconds by) {
  world_->advance(by);
}

std::string host::now() const {
  return env::rfc3339(world_->on.clock.unix_ms());
}

std::vector<value> host::jobs() {
  return world_->jobs();
}

void host::enqueue(std::string_view job, const value& params, place where) {
  world_->enqueue(job, params, where);
}

void host::run_jobs(place where) {
  world_->run_jobs(where);
}

void host::upgrade(const std::string& folder, place where) {
  world_->complain(where);
  const std::string why = world_->upgrade(folder);
  if (!why.empty()) world_->fail("the upgrade does not go well: " + why, where);
}

std::string host::refuses_upgrade(const std::string& folder, place where) {
  const std::string why = world_->upgrade(folder);
  if (why.empty()) world_->fail("the upgrade should be refused, and it went well", where);
  return why;
}

void host::restart(place where) {
  world_->complain(where);
  world_->restart();
}

void host::inject(std::string_view fault, unsigned nth, place where) {
  world_->inject(fault, nth, where);
}

bool host::injected() const {
  return world_->faults.happened();
}

const std::vector<std::string>& host::log() const {
  return world_->log;
}

bool host::logged(std::string_view part) const {
  return std::any_of(log().begin(), log().end(),
                     [&](const std::string& line) { return line.find(part) != std::string::npos; });
}

double host::metric(std::string_view sample) const {
  return world_->metric(sample);
}

std::uint64_t host::seed() const {
  return world_->seed;
}

std::string host::transcript() const {
  return world_->said.text();
}

} // namespace parley::test
