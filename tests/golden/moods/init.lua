local plugin = require "parley".plugin()
local answers = plugin.collections.answers

-- Each look waits for the store, so that the call can be ended.
function plugin.methods.moods.wait(call)
  while not answers:get(call, "none") do end
end

function plugin.methods.moods.fail()
  error("in a bad mood")
end

function plugin.methods.moods.refuse(_, params)
  return plugin.error(params.code)
end

function plugin.methods.moods.change(call, params)
  local batch, to = plugin.batch(call), string.rep("x", params.bytes)
  for _ = 1, params.times do
    batch:publish("mood.changed", call.account, { to = to })
  end
  batch:commit()
end

return plugin
