local t = require "parley.test"

local function talk(config)
  local server = t.host { config = config }
  local ada, bob, eve = server:user("ada"), server:user("bob"), server:user("eve")
  local place = ada:call("messaging.create_group", { name = "Den", members = { bob.id } }).id
  return server, ada, bob, eve, place
end

local function ask(who, place, more)
  local poll = { conversation = place, id = "p1", question = "Tea?", options = { "Yes", "No" } }
  for name, value in pairs(more or {}) do poll[name] = value end
  return who:call("polls.create", poll)
end

local function vote(who, place, ...)
  return who:call("polls.vote", { conversation = place, poll = "p1", choice = t.array { ... } })
end

t.test("everybody hears the question and sees the results change", function()
  local _, ada, bob, _, place = talk()
  ask(ada, place):ok()
  bob:receives("poll.created"):with("question", "Tea?"):with("counts", { 0, 0 })
  t.equal(vote(bob, place, 1).counts, { 1, 0 })
  ada:receives("poll.counted"):with("counts", { 1, 0 }):with("voters", 1)
  t.equal(vote(ada, place, 2).counts, { 1, 1 })
end)

t.test("a person has one vote, and may change it or take it back", function()
  local _, ada, bob, _, place = talk()
  ask(ada, place):ok()
  vote(bob, place, 1):ok()
  t.equal(vote(bob, place, 2).counts, { 0, 1 })
  t.equal(bob:call("polls.get", { conversation = place, poll = "p1" }).choice, { 2 })
  local without = vote(bob, place)
  t.equal(without.counts, { 0, 0 })
  t.equal(without.voters, 0)
end)

t.test("votes at the same moment are all counted", function()
  local server, ada, bob, _, place = talk()
  ask(ada, place):ok()
  local params = { conversation = place, poll = "p1", choice = { 1 } }
  local first, second = ada:begins("polls.vote", params), bob:begins("polls.vote", params)
  first:ends():ok()
  second:ends():ok()
  t.equal(bob:call("polls.get", { conversation = place, poll = "p1" }).poll.counts, { 2, 0 })
end)

t.test("choices are checked", function()
  local _, ada, bob, eve, place = talk { most_options = 2 }
  ask(ada, place, { options = { "a", "b", "c" } }):fails_with("too_many_options")
  ask(ada, place, { closes_in_seconds = 31 * 24 * 3600 }):fails_with("closes_too_late")
  ask(ada, place):ok()
  vote(bob, place, 3):fails_with("no_such_option")
  vote(bob, place, 1, 2):fails_with("only_one")
  vote(eve, place, 1):fails_with("forbidden")
  t.equal(ask(ada, place, { id = "p2", several = true }):went_well(), true)
  t.equal(bob:call("polls.vote", { conversation = place, poll = "p2", choice = { 2, 1, 2 } }).counts, { 1, 1 })
end)

t.test("a poll closes at its time", function()
  local server, ada, bob, _, place = talk()
  ask(ada, place, { closes_in_seconds = 60 }):ok()
  vote(bob, place, 1):ok()
  server:advance(60)
  bob:receives("poll.closed"):with("counts", { 1, 0 })
  vote(bob, place, 2):fails_with("poll_closed")
end)

t.test("its time comes also after a restart and an upgrade", function()
  local server, ada, bob, _, place = talk()
  ask(ada, place, { closes_in_seconds = 60 }):ok()
  server:restart()
  server:upgrade()
  ada:reconnects()
  bob:reconnects()
  server:advance(60)
  bob:receives("poll.closed")
end)

t.test("who asked closes it", function()
  local _, ada, bob, _, place = talk()
  ask(ada, place):ok()
  local which = { conversation = place, poll = "p1" }
  bob:call("polls.close", which):fails_with("not_yours")
  t.equal(ada:call("polls.close", which).open, false)
  bob:receives("poll.closed")
  vote(bob, place, 1):fails_with("poll_closed")
end)

t.test("who comes later sees only what is asked from then on", function()
  local _, ada, bob, eve, place = talk()
  ask(ada, place, { id = "p0" }):ok()
  ask(ada, place):ok()
  ada:call("messaging.add_member", { conversation = place, account = eve.id }):ok()
  t.equal(eve:call("polls.list", { conversation = place }).items, t.array {})
  t.equal(eve:call("polls.list", { conversation = place, limit = 1 }).more, false) -- nor that there was something
  vote(eve, place, 1):fails_with("not_found")
  ask(ada, place, { id = "p2" }):ok()
  t.equal(#eve:call("polls.list", { conversation = place }).items, 1)
end)

t.test("asking again with the same id gives the first poll", function()
  local _, ada, _, _, place = talk()
  local first = ask(ada, place):ok()
  t.equal(ask(ada, place):ok(), first)
  ask(ada, place, { question = "Coffee?" }):fails_with("idempotency_conflict")
end)

t.test("it closes also where the server dies while it does", function()
  local server, ada, bob, _, place = talk()
  ask(ada, place, { closes_in_seconds = 60 }):ok()
  server:inject("restart-in-job")
  server:advance(60)
  t.equal(server:injected(), true)
  server:run_jobs()
  bob:reconnects()
  bob:receives("poll.closed")
  t.equal(server:jobs(), t.array {})
end)
