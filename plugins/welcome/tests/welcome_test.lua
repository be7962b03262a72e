-- The plugin as it is shipped, on a server in memory.

local t = require "parley.test"

-- They were there before she was.
local function greetings(who)
  local direct = who:call("messaging.conversations").items[1]
  return who:call("messaging.history", { conversation = direct.id }).items
end

t.test("greets a new account as the bot", function()
  local server = t.host { config = { text = "Welcome, {name}!" } }
  local ada = server:user("ada")
  local said = greetings(ada)
  t.equal(#said, 1)
  t.equal(said[1].text, "Welcome, ada!")
  local bot = ada:call("account.get", { account = said[1].sender }):ok()
  t.equal(bot.kind, "bot")
  t.equal(bot.display_name, "Welcome")
end)

t.test("takes names as they are written", function()
  local server = t.host {
    config = { text = "Welcome, {name}!" },
    plugins = { { name = "auth-password", config = { argon2_memory_mib = 8, argon2_passes = 1 } } },
  }
  local token = server:guest():call("auth.register", {
    name = "ada",
    password = "correct horse battery",
    display_name = "Ada %1",
  }).access_token
  local ada = server:connect("Bearer", token)
  t.equal(greetings(ada)[1].text, "Welcome, Ada %1!")
end)

t.test("says in the log what hindered it", function()
  local server = t.host {
    stand_ins = { {
      manifest = [[
plugin: full
version: 1.0.0
summary: Refuses everything.
runtime: native
requires: { messaging: ^1 }
hooks: { message.before_send: { phase: filter } }
]],
      does = {
        ["hook message.before_send"] = function() return t.refusal("full", "Storage is full.") end,
      },
    } },
  }
  t.equal(#greetings(server:user("ada")), 0)
  assert(server:logged("account.created: welcome/init.lua:"))
  assert(server:logged("Storage is full."))
end)
