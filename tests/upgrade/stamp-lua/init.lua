local plugin = require "parley".plugin()
local mark = "lua-a" -- the test writes another one here

function plugin.hooks.message.before_send(call, message)
  message.text = message.text .. " " .. mark
  return message
end

return plugin
