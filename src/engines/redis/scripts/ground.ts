/**
 * What all scripts stand on, in the language of the server: Lua. Redis carries a script out alone and as a whole, so
 * a condition and the change that hangs on it are one step. How things lie in the database:
 *
 * | key behind the prefix | what |
 * |---|---|
 * | `DIRECTORY/NAME` | an item: a hash of `value`, `created`, `modified` and, when it hangs on one, `session` |
 * | `DIRECTORY/>index` | the names of a directory, sorted by `created` |
 * | `DIRECTORY/>events` | what changed, a stream; an entry is a transaction, its id the revision |
 * | `DIRECTORY/>last` | the id of the last entry, so that the next one can name it and no gap goes unnoticed |
 * | `>state` | the marker that was drawn when the database was first used, and the counter of revisions |
 * | `>servers` | which incarnations of the server have led, and between which revisions they took over |
 * | `>sessions` | sessions and clients, sorted by the time at which they end |
 * | `>session/ID` | the keys of the items that hang on a session |
 * | `>client/ID` | what the last requests of a client came to, so that one that is sent again is not done again |
 *
 * No part of a user's key begins with `>`, so none can be one of ours.
 *
 * Sessions are no keys with an expiry of their own, because a server that runs short of memory may evict such keys,
 * and because they would vanish without anybody noticing which items hang on them. Every script ends first what is
 * over by now. So an item of a dead session is never seen, and its `expired` comes before whatever replaces it.
 *
 * Numbers travel as text. Lua's are doubles, exact up to 2⁵³, but print in 14 digits unless they are told otherwise.
 *
 * A script that fails must have done nothing. The server refuses a write for want of memory only while a script has
 * not written yet, so where something is deleted that comes first, and everything is judged before anything is done.
 */

/** How many entries a directory's events keep at least: who is further behind begins anew. */
const eventsKept = 1_000;

/** For how long a directory in which nothing happens keeps its events. */
const eventsKeptMs = 3_600_000;

/** How many revisions are left out when another server takes over, because the one before may have given out more than this one knows. */
export const takeoverGap = 1_048_576;

export const ground: string = `
local call = redis.call
local prefix = ARGV[1]
local stateKey = prefix .. '>state'
local serversKey = prefix .. '>servers'
local sessionsKey = prefix .. '>sessions'

local clock = call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local function text(number)
  return string.format('%.0f', number)
end

local function split(key)
  return string.match(key, '^(.*)/([^/]*)$')
end

-- The first and the last revision that this script has taken since it last published.
local first, last

local function take()
  last = call('HINCRBY', stateKey, 'counter', 1)
  first = first or last
  return text(last)
end

local function revision()
  return call('HGET', stateKey, 'counter') or '0'
end

-- What happened, by directory: six words an event.
local noted, directories = {}, {}

local function note(directory, kind, name, created, modified, session, value)
  local list = noted[directory]
  if not list then
    list = {}
    noted[directory] = list
    directories[#directories + 1] = directory
  end
  local size = #list
  list[size + 1], list[size + 2], list[size + 3] = kind, name, created
  list[size + 4], list[size + 5], list[size + 6] = modified, session, value
end

-- Each entry names the one before it. Where that is not known any more, it is the revision before this script.
local function publish()
  for _, directory in ipairs(directories) do
    local events, lastKey = prefix .. directory .. '/>events', prefix .. directory .. '/>last'
    local id = text(last)
    local previous = call('GET', lastKey) or text(first - 1)
    call('XADD', events, 'MAXLEN', '~', ${eventsKept}, id .. '-0', 'previous', previous,
      unpack(noted[directory]))
    call('PEXPIRE', events, ${eventsKeptMs})
    call('SET', lastKey, id, 'PX', ${eventsKeptMs})
  end
  noted, directories, first, last = {}, {}, nil, nil
end

-- A session ends, and with it what hangs on it, a hundred items to an entry.
local function finish(session, kind)
  call('ZREM', sessionsKey, session)
  local list = prefix .. '>session/' .. session
  local keys = call('SMEMBERS', list)
  for start = 1, #keys, 100 do
    for place = start, math.min(start + 99, #keys) do
      local directory, name = split(keys[place])
      call('DEL', prefix .. keys[place])
      call('ZREM', prefix .. directory .. '/>index', name)
      note(directory, kind, name, '', '', '', '')
    end
    take()
    publish()
  end
  call('DEL', list)
end

local function sweep()
  repeat
    local dead = call('ZRANGEBYSCORE', sessionsKey, '-inf', text(now), 'LIMIT', 0, 100)
    for _, id in ipairs(dead) do
      if string.sub(id, 1, 1) == 'c' then
        call('ZREM', sessionsKey, id)
        call('DEL', prefix .. '>client/' .. id)
      else
        finish(id, 'expired')
      end
    end
  until #dead < 100
end
`;

/** How every script begins but the first of a connection: it is the database that its sender knows, and nothing in it is over. */
export const guard: string = `
if call('HGET', stateKey, 'marker') ~= ARGV[2] then return { 'lost' } end
sweep()
`;
