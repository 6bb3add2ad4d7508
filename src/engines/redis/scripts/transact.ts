/**
 * The script that changes items. Everything is judged first: that nobody has been told another answer to this very
 * request, that its sessions live, its fences hold, its conditions hold, its sums stay within their bounds. Only
 * then is anything written.
 *
 * A request has a slot and a number, and no two that a client has under way share a slot. What it came to is kept in
 * its slot until the next one takes its place, so a request that is sent again, because the connection was lost
 * before the answer came, is answered from memory. A copy of it that comes later still, out of a buffer somewhere,
 * finds a larger number in its slot, and does nothing.
 */
import { ground, guard } from './ground.ts';

/** For how long a client is remembered that does not ask. No request is sent again after half of it. */
export const clientKeptMs = 600_000;

const memory = `
local client, slot, number, isAgain = ARGV[3], ARGV[4], tonumber(ARGV[5]), ARGV[6] == '1'
local clientKey = prefix .. '>client/' .. client
local remembered = call('HGET', clientKey, slot)
if remembered then
  local space = string.find(remembered, ' ', 1, true)
  local latest = tonumber(string.sub(remembered, 1, space - 1))
  if latest == number then return cmsgpack.unpack(string.sub(remembered, space + 1)) end
  if latest > number then return { 'stale', revision() } end
end

-- A first try that changes nothing may as well be done again; a later one has to stay as it was told.
local function answer(words, hasChanged)
  if hasChanged or isAgain then
    call('HSET', clientKey, slot, text(number) .. ' ' .. cmsgpack.pack(words))
    call('ZADD', sessionsKey, text(now + ${clientKeptMs}), client)
  end
  return words
end
`;

const judgement = `
local place = 6
local function word()
  place = place + 1
  return ARGV[place]
end

local operations = {}
for i = 1, tonumber(word()) do
  local operation = { kind = word(), key = word(), a = word(), b = word(), session = word() }
  operation.item = call('HMGET', prefix .. operation.key, 'created', 'session', 'value')
  operations[i] = operation
  if operation.session ~= '' and not call('ZSCORE', sessionsKey, operation.session) then
    return answer({ 'session', revision(), operation.session })
  end
end

for _ = 1, tonumber(word()) do
  local key, token = word(), word()
  local created = call('HGET', prefix .. key, 'created')
  if created ~= token then return answer({ 'fenced', revision(), key, token, created or '0' }) end
end

for _ = 1, tonumber(word()) do
  local key, is, number = word(), word(), word()
  local item = call('HMGET', prefix .. key, 'created', 'modified')
  local holds
  if is == 'absent' then holds = not item[1]
  elseif is == 'present' then holds = item[1]
  elseif is == 'created' then holds = item[1] == number
  else holds = item[2] == number end
  if not holds then return answer({ 'condition', revision() }) end
end

local exact = 9007199254740991
for _, operation in ipairs(operations) do
  if operation.kind == 'add' then
    local before = operation.item[3] or '0'
    local number = string.match(before, '^%-?%d+$') and tonumber(before)
    if not number or math.abs(number) > exact then
      return answer({ 'number', revision(), operation.key })
    end
    -- The sum of two numbers within the bounds is exact, or beyond them in any case.
    local sum = number + tonumber(operation.a)
    local least, most = string.match(operation.b, '^(%S+) (%S+)$')
    if sum < tonumber(least) or sum > tonumber(most) then return answer({ 'bound', revision() }) end
    operation.before, operation.sum = text(number), text(sum)
  end
end
`;

const change = `
local function write(operation, value, session)
  local key, item = operation.key, operation.item
  local directory, name = split(key)
  local revision = take()
  local created = item[1] or revision
  local owner = item[2] or ''
  if owner ~= session then
    if owner ~= '' then
      call('SREM', prefix .. '>session/' .. owner, key)
      call('HDEL', prefix .. key, 'session')
    end
    if session ~= '' then
      call('SADD', prefix .. '>session/' .. session, key)
      call('HSET', prefix .. key, 'session', session)
    end
  end
  call('HSET', prefix .. key, 'value', value, 'created', created, 'modified', revision)
  if not item[1] then call('ZADD', prefix .. directory .. '/>index', created, name) end
  note(directory, 'put', name, created, revision, session, value)
  return created, revision
end

local carry = {}

function carry.put(operation)
  local created, modified = write(operation, operation.a, operation.session)
  return created, modified
end

function carry.add(operation)
  write(operation, operation.sum, '')
  return operation.before, operation.sum
end

-- The same id makes one item, also for a client that is another now.
function carry.append(operation)
  if operation.item[1] then return operation.key, operation.item[1] end
  local created = write(operation, operation.a, operation.session)
  return operation.key, created
end

function carry.delete(operation)
  local key, item = operation.key, operation.item
  if not item[1] then return '0', '' end
  local directory, name = split(key)
  call('DEL', prefix .. key)
  call('ZREM', prefix .. directory .. '/>index', name)
  if item[2] then call('SREM', prefix .. '>session/' .. item[2], key) end
  take()
  note(directory, 'deleted', name, '', '', '', '')
  return '1', ''
end

local results, size = { 'done', '' }, 2
for _, operation in ipairs(operations) do
  local one, other = carry[operation.kind](operation)
  results[size + 1], results[size + 2], results[size + 3] = operation.kind, one, other
  size = size + 3
end
local hasChanged = last ~= nil
if hasChanged then publish() end
results[2] = revision()
return answer(results, hasChanged)
`;

/** Arguments: client, slot, number, whether again; then operations, fences and conditions, each behind their number. */
export const transactScript: string = `${ground}${guard}${memory}${judgement}${change}`;
