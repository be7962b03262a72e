-- Greets a new account in a direct conversation, as this plugin's bot.

local plugin = require "parley".plugin()
local messaging = plugin.requires.messaging

function plugin.hooks.account.created(call, profile)
  if profile.kind ~= "user" then return end -- bots greet nobody, and nobody greets bots

  plugin.bot(function(bot)
    local conversation = messaging.direct(bot, { account = profile.id })
    messaging.send(bot, {
      conversation = conversation.id,
      id = plugin.id(),
      text = (plugin.config.text:gsub("{name}", function() return profile.display_name end)),
    })
  end)
end

return plugin
