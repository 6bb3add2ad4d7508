/**
 * The first script of a connection. It finds out whether the database is still the one that its sender has known,
 * and is the first to notice that another incarnation of the server leads: one that was started anew, or a replica
 * that took over. Then revisions may be missing that the one before has given out. So numbers go on far above, and no
 * token is ever given twice; and every session gets its whole time again, because its last renewal may be missing too.
 *
 * What a sender has seen last is held against what the next incarnation began with: less means that something which
 * was acknowledged is gone, also when others have counted on since.
 */
import { ground, takeoverGap } from './ground.ts';

export const helloScript: string = `${ground}
local expected, candidate, incarnation, known, seen = ARGV[2], ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6])
local marker = call('HGET', stateKey, 'marker')
if expected ~= '' and marker ~= expected then return { 'lost' } end

local counter = tonumber(revision())
local latest = call('LINDEX', serversKey, -1)
local latestName
if latest then
  latestName = string.match(latest, '^%S+')
end

if not marker then
  marker = candidate
  call('HSET', stateKey, 'marker', marker, 'counter', text(counter))
end

if latestName ~= incarnation then
  local before = counter
  if latest then
    counter = call('HINCRBY', stateKey, 'counter', ${takeoverGap})
    for _, id in ipairs(call('ZRANGE', sessionsKey, 0, -1)) do
      local ttl = string.match(id, '^s.*%-(%d+)$')
      if ttl then call('ZADD', sessionsKey, text(now + tonumber(ttl)), id) end
    end
  end
  call('RPUSH', serversKey, incarnation .. ' ' .. text(before) .. ' ' .. text(counter))
  call('LTRIM', serversKey, -64, -1)
end

if known ~= '' then
  local bound
  if known == incarnation and latestName == incarnation then
    bound = counter
  else
    local isNext = false
    for _, entry in ipairs(call('LRANGE', serversKey, 0, -1)) do
      local name, before = string.match(entry, '^(%S+) (%S+) %S+$')
      if isNext then
        bound = tonumber(before)
        break
      end
      isNext = name == known
    end
  end
  if not bound or bound < seen then return { 'lost' } end
end
return { 'ok', text(counter), marker }
`;
