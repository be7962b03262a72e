-- Those who step in, as the author of a plugin in Lua writes them.
local parley = require "parley"
local plugin = parley.plugin()

function plugin.hooks.bench.passed_by_lua() end

function plugin.hooks.bench.read_by_lua(_, draft)
  if draft.text == "" then return plugin.deny("empty", "A draft has a text.") end
end

function plugin.hooks.bench.replaced_by_lua(_, draft)
  draft.text = draft.text .. "!"
  return draft
end

function plugin.hooks.bench.joined_by_lua(_, draft, batch)
  batch:put("seen", { id = draft.conversation, length = #draft.text })
end

local characters = 0
function plugin.hooks.bench.observed_by_lua(_, draft)
  characters = characters + #draft.text
end

function plugin.methods.scripted.nothing() end

function plugin.methods.scripted.echo(_, params)
  return params
end

function plugin.methods.scripted.call(call, params)
  for _ = 1, params.times do
    plugin.requires.stage.nothing(call, {
      conversation = "01939c5e-7a10-7cc3-8f11-0242ac120002",
      author = "01939c5e-7a11-7d25-9c10-0242ac120003",
      text = "A short text.",
    })
  end
end
