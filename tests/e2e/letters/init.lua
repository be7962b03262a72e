local plugin = require "parley".plugin()
local letters = plugin.collections.letters

function plugin.methods.letters.keep(call, params)
  local batch = plugin.batch(call)
  local letter = {
    id = params.id, owner = call.account, text = params.text, mail = params.mail,
    seq = batch:next("account", call.account),
  }
  batch:put("letters", letter)
  batch:publish("letter.kept", call.account, letter)
  return batch:commit(letter).reply
end

function plugin.methods.letters.change(call, params)
  local batch = plugin.batch(call)
  batch:patch("letters", params.id, { text = params.text })
  batch:commit()
end

function plugin.methods.letters.get(call, params)
  return letters:get(call, params.id) or plugin.error("not_found")
end

function plugin.methods.letters.find(call, params)
  return { items = letters:range(call, { index = "by_mail", prefix = { params.mail } }).items }
end

return plugin
