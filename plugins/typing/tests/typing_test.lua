local t = require "parley.test"

local function talk()
  local server = t.host { config = { seconds = 8, again_after_seconds = 3 } }
  local ada, bob, eve = server:user("ada"), server:user("bob"), server:user("eve")
  local place = ada:call("messaging.create_group", { name = "Den", members = { bob.id } }).id
  for _, who in ipairs { ada, bob, eve } do who:forgets() end
  return server, ada, bob, eve, { conversation = place }
end

t.test("tells members, and nobody else", function()
  local server, ada, bob, eve, den = talk()
  ada:call("typing.start", den):ok()
  local told = bob:receives("typing.started")
  told:with("account", ada.id)
  t.equal(told.seq, 0)
  eve:receives_nothing()
  eve:call("typing.start", den):fails_with("forbidden")
  eve:call("typing.list", den):fails_with("forbidden")
end)

t.test("tells the same person only every few seconds", function()
  local server, ada, bob, _, den = talk()
  ada:call("typing.start", den):ok()
  bob:receives("typing.started")
  ada:call("typing.start", den):ok()
  bob:receives_nothing()
  server:advance(3)
  ada:call("typing.start", den):ok()
  bob:receives("typing.started")
end)

t.test("is over at its time, at the end and with the message", function()
  local server, ada, bob, _, den = talk()
  ada:call("typing.start", den):ok()
  t.equal(#bob:call("typing.list", den).items, 1)
  server:advance(8)
  t.equal(bob:call("typing.list", den).items, t.array {})
  bob:forgets()

  ada:call("typing.start", den):ok()
  bob:receives("typing.started")
  ada:call("typing.stop", den):ok()
  bob:receives("typing.stopped"):with("account", ada.id)
  ada:call("typing.stop", den):ok()
  bob:receives_nothing()

  ada:call("typing.start", den):ok()
  ada:call("messaging.send", { conversation = den.conversation, id = "m1", text = "Hello" }):ok()
  bob:receives("typing.stopped")
end)

t.test("outlives an upgrade, and not a restart", function()
  local server, ada, bob, _, den = talk()
  ada:call("typing.start", den):ok()
  server:upgrade()
  t.equal(bob:call("typing.list", den).items[1].account, ada.id)
  server:restart()
  bob:reconnects()
  t.equal(bob:call("typing.list", den).items, t.array {})
end)
