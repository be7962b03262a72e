---@meta parley.test
-- What `require "parley.test"` gives in FOLDER/tests/*_test.lua, for editors (LuaLS) and for reading. Nothing
-- here is run. `parleyctl plugin test FOLDER` runs the tests, each file with all of Lua 5.4. The words are those
-- of <parley/test/host.hpp>.

---@class parley.test
local t = {}

---Runs it at once, and tells whether it passed. Hosts that it made end with it, and what they find then fails it.
---@param name string
---@param body fun()
function t.test(name, body) end

---Raises unless both are the same, tables all the way down.
---@param is any
---@param wanted any
function t.equal(is, wanted) end

---@class parley.test.options
---@field under_test string|false|nil the folder of the plugin under test; by default FOLDER; false: none
---@field config table? of the plugin under test
---@field plugins (string|{ name: string, config: table })[]? besides those that it requires
---@field stand_ins parley.test.stand_in[]? plugins that the test plays
---@field settings table? more of the operator's YAML
---@field storage string? the driver
---@field seed integer? by default that of PARLEY_SEED, or 1

---@class parley.test.stand_in
---@field manifest string YAML
---@field does table<string, fun(input: any): any> "hook NAME", "method NAME"; nil passes, a value replaces or is the result

---@param options parley.test.options?
---@return parley.test.host
function t.host(options) end

---An answer of a stand-in: an error.
---@param code string
---@param message string?
function t.refusal(code, message) end
---As from a plugin that is broken.
function t.failure() end
---Never any answer.
function t.silence() end

---Marks a table as an array, so that an empty one does not become an object.
---@generic T
---@param list T[]
---@return T[]
function t.array(list) end

---The names of all faults.
---@return string[]
function t.faults() end

---Runs `talk` with a new host for each fault and each occasion that it has.
---@param options parley.test.options?
---@param talk fun(server: parley.test.host)
function t.under_each_fault(options, talk) end

---@class parley.test.host
local host = {}
---@param name string the same name again is another device of the same person
---@param ... string roles beside "user"
---@return parley.test.client
function host:user(name, ...) end
---@return parley.test.client
function host:guest() end
---@param scheme string
---@param credential string
---@return parley.test.client
function host:connect(scheme, credential) end
---@param method string
---@param params table?
---@return parley.test.reply
function host:call_as_plugin(method, params) end
---Runs what there is to do, without time passing.
function host:run() end
---@param seconds number
function host:advance(seconds) end
---@return string RFC 3339
function host:now() end
---Jobs that wait or run, and dead letters.
---@return { id: string, job: string, state: "queued"|"running"|"dead", attempts: integer, due_at: string, queued_at: string, error: string }[]
function host:jobs() end
---Queues one as its plugin does.
---@param job string PLUGIN.JOB
---@param params table?
function host:enqueue(job, params) end
---Lets time pass until no job runs or waits but those that are due in more than an hour, and those that are
---queued by cron.
function host:run_jobs() end
---@param folder string? of the next version, from FOLDER; by default the same
function host:upgrade(folder) end
---@param folder string
---@return string why
function host:refuses_upgrade(folder) end
---As after a power cut.
function host:restart() end
---The end, with all that must hold then.
function host:stop() end
---@param fault string
---@param nth integer?
function host:inject(fault, nth) end
---@return boolean
function host:injected() end
---@param part string
---@return boolean
function host:logged(part) end
---@param sample string
---@return number
function host:metric(sample) end
---@return string
function host:transcript() end

---@class parley.test.client
---@field id string of the account
---@field name string
local client = {}
---@param method string
---@param params table?
---@return parley.test.reply
function client:call(method, params) end
---Sends it, and does not wait.
---@param method string
---@param params table?
---@return parley.test.pending
function client:begins(method, params) end
---@param event string
---@return parley.test.event
function client:receives(event) end
---@param event string
function client:receives_no(event) end
function client:receives_nothing() end
---@return parley.test.event[]
function client:unseen() end
---From here on only what comes next counts.
function client:forgets() end
function client:disconnects() end
function client:reconnects() end
---@return boolean
function client:connected() end
---@return integer
function client:close_code() end
---@param seconds number
function client:delay(seconds) end

---Fields of the result are fields of the reply; it raises where the call failed.
---@class parley.test.reply
---@field [string] any
local reply = {}
---@return any the result
function reply:ok() end
---@param code string
---@return parley.test.reply
function reply:fails_with(code) end
---@return boolean
function reply:went_well() end
---@return string
function reply:code() end
---@return string
function reply:message() end
---@return string
function reply:field() end

---@class parley.test.pending
local pending = {}
---@return boolean
function pending:ended() end
---@return parley.test.reply
function pending:ends() end

---@class parley.test.event
---@field name string
---@field topic string
---@field seq integer 0: ephemeral
---@field at string
---@field data any
---@field [string] any fields of its data
local event = {}
---@param field string with dots: of what is within
---@param wanted any
---@return parley.test.event
function event:with(field, wanted) end
---@param place string
---@return parley.test.event
function event:of(place) end

return t
