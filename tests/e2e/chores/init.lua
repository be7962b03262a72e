local parley = require "parley"
local plugin = parley.plugin()
local runs = plugin.collections.runs

function plugin.methods.chores.add(call, params)
  local batch = plugin.batch(call)
  batch:enqueue("chore", params)
  batch:commit()
end

function plugin.jobs.chore(call, params)
  local run = runs:get(call, params.id)
  local batch = plugin.batch(call)
  batch:put("runs", { id = params.id, times = (run and run.times or 0) + 1 })
  batch:commit()
end

function plugin.methods.chores.done(call, params)
  return runs:range(call, { after = params.after, limit = 1000 })
end

return plugin
