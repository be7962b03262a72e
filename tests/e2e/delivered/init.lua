local plugin = require "parley".plugin()
local seen = plugin.collections.seen

function plugin.hooks.session.acknowledged(call, said)
  local batch = plugin.batch(call)
  for _, each in ipairs(said.cursors) do
    batch:put("seen", { account = said.account, topic = each.topic, seq = each.seq })
  end
  batch:commit()
end

function plugin.methods.delivered.list(call)
  return { items = seen:range(call, { prefix = { call.account }, limit = 100 }).items }
end

return plugin
