/** Scripts that look: at an item, at a directory, and whether a watch can go on where it was. */
import { ground, guard } from './ground.ts';

export const getScript: string = `${ground}${guard}
local key = ARGV[3]
local item = call('HMGET', prefix .. key, 'created', 'modified', 'session', 'value')
if not item[1] then return { 'ok', revision() } end
local _, name = split(key)
return { 'ok', revision(), name, item[1], item[2], item[3] or '', item[4] }
`;

/** Arguments: directory, the \`created\` below which, the order, most items, whether more are refused, keys only, most bytes. */
export const listScript: string = `${ground}${guard}
local directory, before, order = ARGV[3], ARGV[4], ARGV[5]
local limit, refusesMore, keysOnly, bytesMax = tonumber(ARGV[6]), ARGV[7] == '1', ARGV[8] == '1', tonumber(ARGV[9])
local index = prefix .. directory .. '/>index'
local high = before == '' and '+inf' or '(' .. before
local asked = text(refusesMore and limit + 1 or limit)
local found
if order == 'descending' then
  found = call('ZREVRANGEBYSCORE', index, high, '-inf', 'WITHSCORES', 'LIMIT', 0, asked)
else
  found = call('ZRANGEBYSCORE', index, '-inf', high, 'WITHSCORES', 'LIMIT', 0, asked)
end
if refusesMore and #found > limit * 2 then return { 'many', revision() } end

local answer, size, bytes = { 'ok', revision() }, 2, 0
for place = 1, #found, 2 do
  local name, item = found[place], nil
  if keysOnly then
    item = { found[place + 1], '0', '', '' }
  else
    item = call('HMGET', prefix .. directory .. '/' .. name, 'created', 'modified', 'session', 'value')
    bytes = bytes + #item[4]
    if bytes > bytesMax then return { 'large', revision() } end
  end
  answer[size + 1], answer[size + 2], answer[size + 3] = name, item[1], item[2]
  answer[size + 4], answer[size + 5] = item[3] or '', item[4]
  size = size + 5
end
return answer
`;

/**
 * Whether everything that happened in a directory since a revision is still among its events. A revision that a server
 * gave out, and that the next one never heard of, belongs to a history that is no more.
 */
export const resumeScript: string = `${ground}${guard}
local directory, mark = ARGV[3], tonumber(ARGV[4])
local counter = tonumber(revision())
local function answer(whether) return { whether, text(counter) } end

if mark > counter then return answer('gap') end
for _, entry in ipairs(call('LRANGE', serversKey, 0, -1)) do
  local before, after = string.match(entry, '^%S+ (%S+) (%S+)$')
  if tonumber(before) < mark and mark < tonumber(after) then return answer('gap') end
end
local latest = call('GET', prefix .. directory .. '/>last')
if not latest then return answer(mark == counter and 'ok' or 'gap') end
if tonumber(latest) <= mark then return answer('ok') end
local entry = call('XRANGE', prefix .. directory .. '/>events', text(mark) .. '-1', '+', 'COUNT', 1)[1]
if not entry then return answer('gap') end
return answer(tonumber(entry[2][2]) <= mark and 'ok' or 'gap')
`;
