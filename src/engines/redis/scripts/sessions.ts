/** Scripts about sessions: each may be sent twice without doing more than once. */
import { ground, guard } from './ground.ts';

/** Arguments: the session, its time to live. */
export const openSessionScript: string = `${ground}${guard}
local session, ttl = ARGV[3], tonumber(ARGV[4])
call('HINCRBY', stateKey, 'counter', 1)
call('ZADD', sessionsKey, text(now + ttl), session)
return { 'ok', revision() }
`;

export const renewSessionScript: string = `${ground}${guard}
local session, ttl = ARGV[3], tonumber(ARGV[4])
if not call('ZSCORE', sessionsKey, session) then return { 'gone', revision() } end
call('ZADD', sessionsKey, text(now + ttl), session)
return { 'ok', revision() }
`;

export const endSessionScript: string = `${ground}${guard}
finish(ARGV[3], 'deleted')
return { 'ok', revision() }
`;

/** Ends what is over, and says in how many milliseconds the next session may be: the guard has done the rest. */
export const sweepScript: string = `${ground}${guard}
local nearest = call('ZRANGE', sessionsKey, 0, 0, 'WITHSCORES')[2]
return { 'ok', revision(), nearest and text(tonumber(nearest) - now) or '' }
`;
