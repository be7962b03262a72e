-- The plugin as it is shipped, between somebody who writes and somebody who reads.

local t = require "parley.test"

-- A function that says what becomes of a text; and what lies behind it.
local function filter(words, action)
  local server = t.host { config = { words = words, action = action } }
  local alice, bob = server:user("alice"), server:user("bob")
  local room = alice:call("messaging.direct", { account = bob.id })
  local sent = 0
  local function send(text)
    sent = sent + 1
    return alice:call("messaging.send", { conversation = room.id, id = "m" .. sent, text = text })
  end
  return function(text) return send(text).text end, send, server
end

local function masks(words, pairs)
  local becomes = filter(words)
  for text, wanted in next, pairs do t.equal(becomes(text), wanted) end
end

t.test("lets clean text pass untouched", function()
  masks({ "badger" }, { ["Good morning, all."] = "Good morning, all." })
end)

t.test("masks whole words in any case", function()
  masks({ "badger" }, {
    ["A badger, a BADGER and Badger!"] = "A ******, a ****** and ******!",
    badger = "******",
    ["badgers and honeybadger and badger_1"] = "badgers and honeybadger and badger_1",
  })
end)

t.test("counts characters and not bytes", function()
  masks({ "ÄRGER", "жук", "Straße" }, {
    ["so ein ärger!"] = "so ein *****!",
    ["ЖУК, Жук"] = "***, ***",
    ["жуки"] = "жуки",
    ["die straße."] = "die ******.",
  })
end)

t.test("masks entries of several words", function()
  masks({ "bad word", "bad word indeed" }, {
    ["a Bad, word here"] = "a ********* here",
    ["bad word indeed"] = "***************",
    ["a bad idea"] = "a bad idea",
  })
end)

t.test("finds entries of scripts without spaces anywhere", function()
  masks({ "上海" }, { ["我在上海住"] = "我在**住", ["海上"] = "海上" })
end)

t.test("finds words that touch a script without spaces", function()
  masks({ "badger" }, { ["你这个badger啊"] = "你这个******啊", ["你这个badgers啊"] = "你这个badgers啊" })
end)

t.test("finds symbols and emoji anywhere", function()
  masks({ "💩", "$%^" }, { ["oh💩💩 $%^ $x"] = "oh** *** $x" }) -- a pattern is not one here
end)

t.test("takes entries with symbols as they are written", function()
  masks({ "$hit", "a$$", "f*ck", "C++", "bad-word", "can't" }, {
    ["$HIT happens, a hit does not"] = "**** happens, a hit does not",
    ["$hits, x$hit"] = "$hits, x****",
    ["a a$$ na$$"] = "a *** na$$",
    ["f*ck f ck"] = "**** f ck",
    ["C or c++, c+"] = "C or ***, c+",
    ["bad word, Bad-Word"] = "********, ********",
    ["can’t, cant"] = "*****, cant",
  })
end)

t.test("leaves out entries of nothing", function()
  local becomes, _, server = filter { " ", "\u{200B}", "badger" }
  assert(server:logged("left out"))
  t.equal(becomes("a  badger\u{200B}"), "a  ******\u{200B}")
end)

t.test("masks overlapping finds once", function()
  masks({ "上海", "海中", "上", "💩💩" }, { ["在上海中住💩💩💩"] = "在***住**💩" })
end)

t.test("is not fooled by characters that are not seen", function()
  masks({ "badger" }, { ["bad\u{200B}ger"] = "******", ["bad\u{AD}ger!"] = "******!" })
end)

t.test("sees parts through what is not seen", function()
  masks({ "上海", "❤️" }, {
    ["在上\u{200B}海住"] = "在**住",
    ["I ❤ you, I ❤\u{FE0F} you"] = "I * you, I *\u{FE0F} you",
  })
end)

t.test("refuses where the operator says so", function()
  local becomes, send = filter({ "badger" }, "refuse")
  local refused = send("a Badger"):fails_with("word_refused")
  t.equal(refused:message(), "That word is not welcome here.")
  t.equal(becomes("no badgers"), "no badgers")
end)

t.test("stays within its budget however many parts are found", function()
  local digits, words = { "一", "丁", "七", "万", "丈", "三", "上", "下", "不", "与" }, {}
  for i = 0, 999 do
    words[#words + 1] = digits[i // 100 + 1] .. digits[i // 10 % 10 + 1] .. digits[i % 10 + 1]
  end
  t.equal(filter(words)(table.concat(words)), ("*"):rep(3000))
end)

t.test("stays within its budget for the longest list and text", function()
  local words = { "💩" }
  for i = 0, 998 do words[#words + 1] = "word" .. i end
  local text = ("word7 fine 💩 "):rep(300)
  t.equal(filter(words)(text), ("***** fine * "):rep(300))
end)
