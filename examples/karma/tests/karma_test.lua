-- Run by: parleyctl plugin test .

local t = require "parley.test"

t.test("counts what messages say", function()
  local server = t.host {}
  local alice, bob = server:user("alice"), server:user("bob")
  local room = alice:call("messaging.direct", { account = bob.id }):ok()
  local sent = 0
  local function say(text)
    sent = sent + 1
    alice:call("messaging.send", { conversation = room.id, id = "m" .. sent, text = text }):ok()
  end
  say("Tea++ and rain--")
  say("more tea++")
  say("tea+ -- nothing")
  t.equal(bob:call("karma.get", { thing = "TEA" }).points, 2)
  t.equal(bob:call("karma.get", { thing = "rain" }).points, -1)
  t.equal(bob:call("karma.get", { thing = "nothing" }).points, 0)
end)
