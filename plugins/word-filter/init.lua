-- Masks or refuses messages that contain a word of the list in the configuration.

local parley = require "parley"
local plugin = parley.plugin()

-- Scripts that write no spaces between words: there an entry is looked for anywhere.
local unspaced = {
  { 0x0E00, 0x0EFF }, { 0x1000, 0x109F }, { 0x1780, 0x17FF }, { 0x2E80, 0xA4CF },
  { 0xAC00, 0xD7AF }, { 0xF900, 0xFAFF }, { 0xFF66, 0xFF9F }, { 0x20000, 0x3FFFF },
}

local function has_unspaced(text)
  for _, code in utf8.codes(text) do
    for _, range in ipairs(unspaced) do
      if code >= range[1] and code <= range[2] then return true end
    end
  end
  return false
end

-- Characters that nobody sees, such as a soft hyphen; parley.words skips the same ones.
local function is_unseen(code)
  return code == 0xAD or code == 0x34F or code == 0xFEFF or (code >= 0x200B and code <= 0x200F)
    or (code >= 0x2060 and code <= 0x2064) or (code >= 0xFE00 and code <= 0xFE0F)
end

local function is_word(character)
  return parley.words(character)() ~= nil
end

-- What may stand between the words of an entry without being a part of it.
local between = { [" "] = true, ["\t"] = true, ["-"] = true, ["‐"] = true, ["'"] = true, ["’"] = true }

-- Text in lower case and without what is not seen; and for each byte of that at which a character
-- begins or ends, the byte of the given text where it does.
local function seen(text)
  local small, begins, ends, size = {}, {}, {}, 0
  for at, code in utf8.codes(text) do
    if not is_unseen(code) then
      local character = utf8.char(code)
      local lower = parley.lower(character)
      begins[size + 1] = at
      size = size + #lower
      ends[size] = at + #character - 1
      table.insert(small, lower)
    end
  end
  return table.concat(small), begins, ends
end

-- phrases[first word] = { { "first", "second" }, … }, found as words in a row.
-- parts = { { text =, whole_left =, whole_right = } }, found as they are written; on a side where
-- it is whole, a part does not begin or end within a word.
local phrases, parts = {}, {}

local function is_phrase(entry)
  local words = false
  for _, code in utf8.codes(entry) do
    local character = utf8.char(code)
    local word = is_word(character)
    words = words or word
    if not (word or between[character] or is_unseen(code)) then return false end
  end
  return words and not has_unspaced(entry)
end

local function add_phrase(entry)
  local words = {}
  for _, _, word in parley.words(entry) do
    table.insert(words, word)
  end
  phrases[words[1]] = phrases[words[1]] or {}
  table.insert(phrases[words[1]], words)
end

local function add_part(entry)
  local text = seen(entry):match("^%s*(.-)%s*$")
  if text == "" then
    plugin.log.warn("an entry of the list has nothing in it that is seen, and is left out")
    return
  end
  local anywhere = has_unspaced(text)
  table.insert(parts, {
    text = text,
    whole_left = not anywhere and is_word(text:match("^" .. utf8.charpattern)),
    whole_right = not anywhere and is_word(text:match(utf8.charpattern .. "$")),
  })
end

for _, entry in ipairs(plugin.config.words) do
  if is_phrase(entry) then add_phrase(entry) else add_part(entry) end
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
  local count = 0
  for _, code in utf8.codes(text) do
    if not is_unseen(code) then count = count + 1 end
  end
  return string.rep("*", count)
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

local function find_parts(text)
  local places = {}
  if #parts == 0 then return places end
  local small, begins, ends = seen(text)
  local word_begins, word_ends = {}, {}
  for first, last in parley.words(small) do
    word_begins[first], word_ends[last] = true, true
  end
  for _, part in ipairs(parts) do
    local first, last = small:find(part.text, 1, true)
    while first do
      if (not part.whole_left or word_begins[first]) and (not part.whole_right or word_ends[last]) then
        table.insert(places, { begins[first], ends[last] })
      end
      first, last = small:find(part.text, last + 1, true)
    end
  end
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
