-- Who is writing just now. In memory only, and told only to who is listening.

local parley = require "parley"
local plugin = parley.plugin()
local config, writers = plugin.config, plugin.collections.writers

function plugin.methods.typing.start(call, params)
  local now = plugin.now()
  local known = writers:get(call, params.conversation, call.account)
  if known and now < known.again_ms then return end -- a client may ask with every key

  local writer = {
    conversation = params.conversation,
    account = call.account,
    ["until"] = plugin.time(now + config.seconds * 1000),
  }
  plugin.publish(call, "typing.started", params.conversation, writer)
  writer.again_ms = now + config.again_after_seconds * 1000
  writers:put(call, writer, { ttl_ms = config.seconds * 1000 })
end

local function stop(call, conversation, account)
  if not writers:get(call, conversation, account) then return end
  writers:erase(call, { conversation, account })
  plugin.publish(call, "typing.stopped", conversation, { conversation = conversation, account = account })
end

function plugin.methods.typing.stop(call, params)
  stop(call, params.conversation, call.account)
end

-- Who has sent it does not write it any more.
function plugin.hooks.message.sent(call, message)
  stop(call, message.conversation, message.sender)
end

function plugin.methods.typing.list(call, params)
  local items = parley.array {}
  for _, each in ipairs(writers:range(call, { prefix = { params.conversation }, limit = 100 }).items) do
    each.again_ms = nil
    table.insert(items, each)
  end
  return { items = items }
end

return plugin
