local parley = require "parley"
local plugin = parley.plugin()

function plugin.methods.diary.write(call, params)
  local entry = { id = plugin.id(), writer = call.account, text = params.text, secret = params.secret, ["until"] = params["until"] }
  local batch = plugin.batch(call)
  batch:put("entries", entry)
  batch:put("visits", { id = entry.id, host = call.account, guest = params.guest, secret = params.secret })
  batch:put("bills", { id = entry.id, payer = call.account, amount = #params.text, secret = params.secret })
  batch:publish("entry.written", params.guest or call.account, entry)
  batch:commit()
  plugin.collections.moods:put(call, { account = call.account, text = params.text })
  return entry
end

function plugin.methods.diary.read(call)
  local function all(of) return plugin.collections[of]:range(call, { limit = 1000 }).items end
  local latest = plugin.collections.entries:through(call, { by = "visits", field = "id", order = "id", reverse = true, limit = 1 }).items
  return { items = all "entries", visits = all "visits", bills = all "bills", moods = all "moods", latest = latest }
end

return plugin
