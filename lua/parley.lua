---@meta parley
-- What `require "parley"` gives, for editors (LuaLS) and for reading. Nothing here is run.
-- Functions marked (waits) yield until the host is done; they work in handlers only, and not inside of
-- a C function that calls back: table.sort, string.gsub, tostring, coroutine.close.
-- Of Lua's own there are the basic functions, coroutine, math, string, table and utf8, without: load,
-- loadfile, dofile, collectgarbage, warn, string.dump, __gc, __mode. require finds files of the plugin's folder,
-- while it loads. pcall and xpcall nest 150 deep, and do not catch the error of a used-up budget;
-- the handler of xpcall runs when the stack is unwound.

---@class parley
---@field null lightuserdata JSON's null inside of tables; at the top a null is nil
local parley = {}

---@return parley.plugin
function parley.plugin() end

---Marks a table as an array, so that an empty one does not become an object.
---@generic T
---@param list T[]
---@return T[]
function parley.array(list) end

---Lower case of any script (one character for one; ß stays). string.lower knows ASCII only.
---@param text string
---@return string
function parley.lower(text) end

---Words (letters, digits, _, of any script) with the bytes where they begin and end, in lower case and
---without characters that are not seen. A script that writes no spaces is a word as far as it goes.
---@param text string
---@return fun(): integer?, integer?, string?
function parley.words(text) end

---Who is calling. It ends when the handler does; after that every use is an error.
---@class parley.call
---@field account string? id of the account; nil for nobody
---@field kind "anonymous"|"user"|"bot"|"plugin"|"system"
---@field session string?
---@field request_id string?
---@field remote string? the client's address
---@field deadline_ms integer Unix time in milliseconds
---@field depth integer
---@field job { id: string, attempt: integer, attempts: integer }? in a job: the same id at every attempt
---@field readable_from integer? in a method whose permission has a place for its scope: the first number of its topic that the account may read

---An error: returned or raised by a handler, it ends the call with it. Failed operations raise one.
---@class parley.error
---@field code string stable, declared in plugin.yaml
---@field message string? one sentence for people
---@field field string? JSON Pointer to the parameter at fault
---@field retry_after_ms integer?

---@class parley.plugin
---@field name string
---@field config table the operator's configuration with its defaults; read-only
---@field methods table plugin.methods.<owner>.<name> = function(call, params) return result end
---@field hooks table plugin.hooks.<a>.<b> = function(call, payload, batch?): a filter returns nothing to pass, a table to replace, plugin.deny(…) to deny; a join gets the owner's batch
---@field routes table plugin.routes.<name> = function(call, request) return { status =, headers =, body =, base64 = } end: raw HTTP; request is { method, path, params, query, headers, body, base64, remote }
---@field jobs table plugin.jobs.<name> = function(call, params) … end: durable work, at least once; an error: it is tried again
---@field scopes table plugin.scopes.<name> = { access = function(call, { principal, place }) return { role =, from =, conditions = } end, places = function(call, { principal }) return { { place = }, … } end }
---@field requires table plugin.requires.<owner>.<name>(call, params): another plugin's method (waits)
---@field collections table<string, parley.collection|parley.ephemeral_collection>
---@field log parley.log
---@field metrics parley.metrics
---@field start fun(call: parley.call)? runs before the plugin serves
---@field stop fun(call: parley.call)? runs when no handler does any more
local plugin = {}

---@param code string
---@param message? string
---@param field? string
---@return parley.error
function plugin.error(code, message, field) end

---The same, by the name that reads well in a filter.
---@param code string
---@param message? string
---@param field? string
---@return parley.error
function plugin.deny(code, message, field) end

---Unix time in milliseconds.
---@return integer
function plugin.now() end

---The same, or that time, as a field of type `time` holds it: 2026-11-21T08:15:30.123Z
---@param ms? integer
---@return string
function plugin.time(ms) end

---A new UUIDv7.
---@return string
function plugin.id() end

---Whether a plugin that plugin.yaml names under `requires` or `optional` is there.
---@param name string
---@return boolean
function plugin.available(name) end

---Runs fn(call) once, later, in a call of the plugin's own; for handlers. At most 1,000 at a time.
---@param ms integer
---@param fn fun(call: parley.call)
---@return integer timer for plugin.cancel
function plugin.after(ms, fn) end

---@param timer integer
function plugin.cancel(timer) end

---Runs fn(call) as the plugin's bot, and returns what it returns. Needs capabilities.bot. (waits)
---@generic T
---@param fn fun(call: parley.call): T
---@return T
function plugin.bot(fn) end

---Opens a batch: the only way to write.
---@param call parley.call
---@return parley.batch
function plugin.batch(call) end

---Publishes a declared, ephemeral event to who is listening now.
---@param call parley.call
---@param event string
---@param place string
---@param data table
function plugin.publish(call, event, place, data) end

---The plugin's own metrics, beside the server's at /metrics, as plugin_PLUGIN_NAME. Declare each once, where
---init.lua runs, and keep it. Labels have few values, all known: never an id or what a person wrote.
---@class parley.metrics
---@field counter fun(name: string, help: string, labels?: table<string, string>): parley.counter
---@field gauge fun(name: string, help: string, labels?: table<string, string>): parley.gauge
---@field histogram fun(name: string, help: string, labels?: table<string, string>, bounds?: number[]): parley.histogram bounds: 0.0005 to 10 without, for times in seconds

---@class parley.counter
---@field add fun(self: parley.counter, by?: integer) by: 1

---@class parley.gauge
---@field add fun(self: parley.gauge, by?: integer) by: 1
---@field set fun(self: parley.gauge, to: integer)

---@class parley.histogram
---@field record fun(self: parley.histogram, value: number)

---@class parley.log
---@field debug fun(text: any)
---@field info fun(text: any)
---@field warn fun(text: any)
---@field error fun(text: any)

---@class parley.collection
local collection = {}

---The record of a key, given part by part; nil where there is none. (waits)
---@param call parley.call
---@param ... string|number
---@return table?
function collection:get(call, ...) end

---Records in the order of the key or of an index: { index?, prefix?, from?, after?, to?, before?, reverse?, limit?, may_lag? }. (waits)
---@param call parley.call
---@param query? table
---@return { items: table[], more: boolean }
function collection:range(call, query) end

---Full text, where plugin.yaml says `search`: { text, unfinished?, where?, within?, limit?, skip?, may_lag? }. All
---words are found, "…" is a phrase, word* a beginning; the best come first. (waits)
---@param call parley.call
---@param query { text: string, unfinished: boolean?, where: table?, within: { by: string, from: string, ranges: { value: string, from: integer }[] }?, limit: integer?, skip: integer?, may_lag: boolean? }
---@return { items: { record: table, snippets: { field: string, pieces: { text: string, hit: boolean }[] }[] }[], more: boolean }
function collection:search(call, query) end

---Records that records of another collection, `by`, lead to by their `field`, in the order of a field of their own:
---{ by, field, index?, prefix?, order, beyond?, reverse?, limit?, may_lag? }. `index` and `prefix` are of `by`;
---`beyond`, order and key of the last record of a page, gives the next one. (waits)
---@param call parley.call
---@param query { by: string, field: string, index: string?, prefix: any[]?, order: string, beyond: any[]?, reverse: boolean?, limit: integer?, may_lag: boolean? }
---@return { items: table[], more: boolean }
function collection:through(call, query) end

---What plugin.yaml declares with `ephemeral: true`: kept in memory, gone with the server. A write is an
---operation of its own, not part of a batch.
---@class parley.ephemeral_collection: parley.collection
local ephemeral = {}

---Inserts or replaces. ttl_ms: the record goes after so many milliseconds; without it, it stays until it is
---erased. only_if_absent: one that is there stays as it is. (waits)
---@param call parley.call
---@param record table
---@param options? { ttl_ms?: integer, only_if_absent?: boolean }
---@return boolean stored false where only_if_absent found one
function ephemeral:put(call, record, options) end

---Sets some fields, and gives the record as it is now; its time stays where no ttl_ms is given. not_found where
---there is none. (waits)
---@param call parley.call
---@param key any a table of the key's parts, or the only part
---@param fields table
---@param options? { ttl_ms?: integer }
---@return table
function ephemeral:patch(call, key, fields, options) end

---Adds to an integer field, and gives the record as it is now. Where there is none one is made of the key, the
---defaults and `by`, and ttl_ms is its time; one that is there keeps its own. (waits)
---@param call parley.call
---@param key any
---@param field string
---@param by? integer 1
---@param options? { ttl_ms?: integer }
---@return table
function ephemeral:increment(call, key, field, by, options) end

---@param call parley.call
---@param key any
---@return boolean erased whether there was one (waits)
function ephemeral:erase(call, key) end

---@class parley.batch
local batch = {}

---@param collection string
---@param record table
function batch:put(collection, record) end

---Sets some fields; the batch conflicts where there is no such record.
---@param collection string
---@param key any a table of the key's parts, or the only part
---@param fields table
function batch:patch(collection, key, fields) end

---@param collection string
---@param key any
function batch:erase(collection, key) end

---@param collection string
---@param key any
---@param field string
---@param by? integer 1
function batch:increment(collection, key, field, by) end

---A condition: { collection =, key =, exists = } or { collection =, key =, equals = { field = value } }.
---@param condition table
function batch:require(condition) end

---A declared, durable event; sent after the commit. access: { grant = account } or { revoke = account }.
---@param event string
---@param place string
---@param data table
---@param access? table
function batch:publish(event, place, data, access) end

---What the plugin's event of that number said leaves the log, which keeps the number as a void.
---@param event string
---@param place string
---@param number integer
function batch:withdraw(event, place, number) end

---Queues a job of the plugin: it is there when the batch is committed. at: not before that time (Unix time in
---milliseconds). key: of one job and key there is one at a time, the last one counts.
---@param job string
---@param params? table
---@param options? { at?: integer, key?: string }
function batch:enqueue(job, params, options) end

---The number that the batch's next event on the topic will get: a stand-in, for keys, fields, data and results.
---@param topic string
---@param place string
---@return integer
function batch:next(topic, place) end

---Writes. `reply` is the method's result, kept with the idempotency key. (waits)
---@param reply? table
---@return { numbers: table<string, integer>, reply?: table } the first number of each topic; reply with its numbers filled in
function batch:commit(reply) end

return parley
