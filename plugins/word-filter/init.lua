-- Masks or refuses messages that contain a word of the list in the configuration.

local parley = require "parley"
local plugin = parley.plugin()

-- Scripts that write no spaces between words: there an entry is looked for anywhere.
local unspaced = {
  { 0x0E00, 0x0EFF }, { 0x1000, 0x109F }, { 0x1780, 0x17FF }, { 0x2E80, 0xA4CF },
  { 0xAC00, 0xD7AF }, { 0xF900, 0xFAFF }, { 0x20000, 0x3FFFF },
}

local function has_unspaced(text)
  for _, code in utf8.codes(text) do
    for _, range in ipairs(unspaced) do
      if code >= range[1] and code <= range[2] then return true end
    end
  end
  return false
end

-- phrases[first word] = { { "first", "second" }, … }; parts = { "…" }, found anywhere.
local phrases, parts = {}, {}

for _, entry in ipairs(plugin.config.words) do
  local words = {}
  for _, _, word in parley.words(entry) do
    table.insert(words, word)
  end
  if #words == 0 or has_unspaced(entry) then
    table.insert(parts, parley.lower(entry))
  else
    phrases[words[1]] = phrases[words[1]] or {}
    table.insert(phrases[words[1]], words)
  end
end

-- How many words from the i-th on are the phrase; 0: they are not.
local function phrase_at(found, i)
  local longest = 0
  for _, phrase in ipairs(phrases[found[i].word] or {}) do
    local same = #phrase > longest
    for k = 2, #phrase do
      same = same and found[i + k - 1] ~= nil and found[i + k - 1].word == phrase[k]
    end
    if same then longest = #phrase end
  end
  return longest
end

-- The places to mask as { first byte, last byte }, in order.
local function find_phrases(text)
  local found, places = {}, {}
  for first, last, word in parley.words(text) do
    table.insert(found, { first = first, last = last, word = word })
  end
  local i = 1
  while i <= #found do
    local length = phrase_at(found, i)
    if length > 0 then
      table.insert(places, { found[i].first, found[i + length - 1].last })
    end
    i = i + math.max(length, 1)
  end
  return places
end

local function mask_of(text)
  return string.rep("*", utf8.len(text) or #text)
end

local function mask_places(text, places)
  local out, from = {}, 1
  for _, place in ipairs(places) do
    table.insert(out, text:sub(from, place[1] - 1))
    table.insert(out, mask_of(text:sub(place[1], place[2])))
    from = place[2] + 1
  end
  table.insert(out, text:sub(from))
  return table.concat(out)
end

-- Characters in lower case, with the byte at which each begins in `text` (and one past the end).
local function characters(text)
  local small, starts = {}, {}
  for at, code in utf8.codes(text) do
    table.insert(small, parley.lower(utf8.char(code)))
    table.insert(starts, at)
  end
  table.insert(starts, #text + 1)
  return small, starts
end

local function find_parts(text)
  local lowered = parley.lower(text)
  local places = {}
  for _, part in ipairs(parts) do
    if lowered:find(part, 1, true) then
      local small, starts = characters(text)
      local wanted = {}
      for _, code in utf8.codes(part) do table.insert(wanted, utf8.char(code)) end
      local i = 1
      while i + #wanted - 1 <= #small do
        local same = true
        for k = 1, #wanted do
          if small[i + k - 1] ~= wanted[k] then same = false break end
        end
        if same then table.insert(places, { starts[i], starts[i + #wanted] - 1 }) end
        i = i + (same and #wanted or 1)
      end
    end
  end
  table.sort(places, function(a, b) return a[1] < b[1] end)
  return places
end

-- Places from two searches, in order; what overlaps becomes one.
local function merge(a, b)
  for _, place in ipairs(b) do table.insert(a, place) end
  table.sort(a, function(x, y) return x[1] < y[1] end)
  local out = {}
  for _, place in ipairs(a) do
    local last = out[#out]
    if last and place[1] <= last[2] then
      last[2] = math.max(last[2], place[2])
    else
      table.insert(out, place)
    end
  end
  return out
end

function plugin.hooks.message.before_send(call, message)
  local places = merge(find_phrases(message.text), find_parts(message.text))
  if #places == 0 then return nil end
  if plugin.config.action == "refuse" then
    return plugin.deny("word_refused", "That word is not welcome here.")
  end
  message.text = mask_places(message.text, places)
  return message
end

return plugin
