-- Karma: counted in the batch that stores the message, so that both are there or neither.

local parley = require "parley"
local plugin = parley.plugin()

-- What a message changes: thing → points.
local function changes_in(text)
  local found = {}
  for thing, sign in text:gmatch("([%w_]+)([+-][+-])") do
    if #thing <= 64 and (sign == "++" or sign == "--") then
      thing = parley.lower(thing)
      found[thing] = (found[thing] or 0) + (sign == "++" and 1 or -1)
    end
  end
  return found
end

function plugin.hooks.message.sending(call, message, batch)
  for thing, change in pairs(changes_in(message.text)) do
    if change ~= 0 then
      local known = plugin.collections.points:get(call, thing)
      if known then
        batch:increment("points", thing, "points", change)
      else
        batch:require { collection = "points", key = { thing }, exists = false }
        batch:put("points", { thing = thing, points = change })
      end
    end
  end
end

function plugin.methods.karma.get(call, params)
  local thing = parley.lower(params.thing)
  local known = plugin.collections.points:get(call, thing)
  return { thing = thing, points = known and known.points or 0 }
end

return plugin
