-- Polls: a question with options, one vote a person, results that everybody sees change.
--
-- The results stand in the poll's own record, beside a revision. Whoever changes them requires the
-- revision that they have read, so that of two at the same moment one tries again.

local parley = require "parley"
local plugin = parley.plugin()
local polls, votes = plugin.collections.polls, plugin.collections.votes

local ATTEMPTS = 8 -- of one vote, while others vote too
local A_DAY_MS = 24 * 60 * 60 * 1000

-- What clients see of a record.
local function shown(poll)
  local out = { closes_at = poll.closes_ms and plugin.time(poll.closes_ms) or nil }
  for _, field in ipairs { "id", "conversation", "seq", "by", "question", "options", "several", "open",
    "counts", "voters", "at" } do
    out[field] = poll[field]
  end
  return out
end

local function results(poll)
  return { conversation = poll.conversation, poll = poll.id, counts = poll.counts, voters = poll.voters }
end

local function is_over(poll)
  return not poll.open or (poll.closes_ms ~= nil and poll.closes_ms <= plugin.now())
end

-- Nobody reads what was before they came.
local function find(call, params)
  local poll = polls:get(call, params.conversation, params.poll)
  if not poll or poll.seq < (call.readable_from or 1) then
    error(plugin.error("not_found", "There is no such poll.", "/poll"))
  end
  return poll
end

-- Writes the next revision of a poll; false where somebody was quicker.
local function replace(call, poll, event, also)
  local batch = plugin.batch(call)
  batch:require {
    collection = "polls",
    key = { poll.conversation, poll.id },
    equals = { revision = poll.revision },
  }
  poll.revision = poll.revision + 1
  batch:put("polls", poll)
  if also then also(batch) end
  batch:publish(event, poll.conversation, results(poll))
  local committed, why = pcall(batch.commit, batch)
  if not committed and why.code ~= "conflict" then error(why) end
  return committed
end

local function close(call, poll)
  poll.open = false
  return replace(call, poll, "poll.closed")
end

-- At its time. Where many vote at that moment it is tried again.
function plugin.jobs.close(call, params)
  local poll = polls:get(call, params.conversation, params.poll)
  if poll and poll.open and not close(call, poll) then return plugin.error("conflict") end
end

---- methods

function plugin.methods.polls.create(call, params)
  if #params.options > plugin.config.most_options then
    return plugin.error("too_many_options", "There may be " .. plugin.config.most_options .. ".", "/options")
  end
  local now, lasts = plugin.now(), params.closes_in_seconds
  if lasts and lasts * 1000 > plugin.config.longest_days * A_DAY_MS then
    return plugin.error("closes_too_late", "A poll lasts " .. plugin.config.longest_days .. " days at most.",
      "/closes_in_seconds")
  end
  local batch, counts = plugin.batch(call), {}
  for i in ipairs(params.options) do counts[i] = 0 end
  local poll = {
    conversation = params.conversation, id = params.id, seq = batch:next("conversation", params.conversation),
    by = call.account, question = params.question, options = params.options, several = params.several,
    open = true, closes_ms = lasts and now + lasts * 1000 or nil,
    counts = counts, voters = 0, at = plugin.time(now), revision = 1,
  }
  batch:require { collection = "polls", key = { poll.conversation, poll.id }, exists = false }
  batch:put("polls", poll)
  batch:publish("poll.created", poll.conversation, shown(poll))
  if lasts then batch:enqueue("close", { conversation = poll.conversation, poll = poll.id }, { at = poll.closes_ms }) end
  return batch:commit(shown(poll)).reply
end

-- The numbers of a choice, in order and each once.
local function checked(poll, choice)
  local out, seen = parley.array {}, {}
  for _, number in ipairs(choice) do
    if number > #poll.options then error(plugin.error("no_such_option", nil, "/choice")) end
    if not seen[number] then table.insert(out, number) end
    seen[number] = true
  end
  if #out > 1 and not poll.several then
    error(plugin.error("only_one", "This poll takes one option.", "/choice"))
  end
  table.sort(out)
  return out
end

function plugin.methods.polls.vote(call, params)
  for _ = 1, ATTEMPTS do
    local poll = find(call, params)
    if is_over(poll) then return plugin.error("poll_closed", "This poll is closed.") end
    local choice = checked(poll, params.choice)
    local before = votes:get(call, poll.id, call.account)
    for _, number in ipairs(before and before.choice or {}) do poll.counts[number] = poll.counts[number] - 1 end
    for _, number in ipairs(choice) do poll.counts[number] = poll.counts[number] + 1 end
    poll.voters = poll.voters + (#choice > 0 and 1 or 0) - (before and 1 or 0)
    local done = replace(call, poll, "poll.counted", function(batch)
      if #choice > 0 then
        batch:put("votes", { poll = poll.id, account = call.account, choice = choice })
      else
        batch:erase("votes", { poll.id, call.account })
      end
    end)
    if done then return shown(poll) end
  end
  return plugin.error("conflict", "Many vote at this moment; try again.")
end

function plugin.methods.polls.close(call, params)
  for _ = 1, ATTEMPTS do
    local poll = find(call, params)
    if poll.by ~= call.account then return plugin.error("not_yours", "Who asked closes it.") end
    if not poll.open or close(call, poll) then return shown(poll) end
  end
  return plugin.error("conflict", "Many vote at this moment; try again.")
end

function plugin.methods.polls.get(call, params)
  local poll = find(call, params)
  local mine = votes:get(call, poll.id, call.account)
  return { poll = shown(poll), choice = mine and mine.choice or parley.array {} }
end

function plugin.methods.polls.list(call, params)
  local items, before = parley.array {}, params.before
  while true do
    local found = polls:range(call, {
      prefix = { params.conversation }, before = before, reverse = true, limit = params.limit + 1,
    })
    for _, poll in ipairs(found.items) do
      if poll.seq >= (call.readable_from or 1) then
        if #items == params.limit then return { items = items, more = true } end
        table.insert(items, shown(poll))
      end
    end
    -- Whether there is more says nothing of what was before: others are looked for behind it.
    if not found.more then return { items = items, more = false } end
    before = found.items[#found.items].id
  end
end

return plugin
