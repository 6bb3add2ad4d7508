/**
 * What each server does with its vote. A lock is a key for each of its names, with a value that nobody else has and
 * an expiry, as the Redlock algorithm has it, so that programs which use other packages for it are kept out as well.
 * Each script may be carried out twice without doing more than once.
 */

/** Arguments of all: the value, the time to live, the keys. */
const head = `
local value, ttl = ARGV[1], ARGV[2]
`;

export const grantScript: string = `${head}
for place = 3, #ARGV do
  local owner = redis.call('GET', ARGV[place])
  if owner and owner ~= value then return 0 end
end
for place = 3, #ARGV do redis.call('SET', ARGV[place], value, 'PX', ttl) end
return 1
`;

/** A server that has lost one of them has lost its vote: whoever asked there since may have got it. */
export const extendScript: string = `${head}
for place = 3, #ARGV do
  if redis.call('GET', ARGV[place]) ~= value then return 0 end
end
for place = 3, #ARGV do redis.call('PEXPIRE', ARGV[place], ttl) end
return 1
`;

export const releaseScript: string = `${head}
for place = 3, #ARGV do
  if redis.call('GET', ARGV[place]) == value then redis.call('DEL', ARGV[place]) end
end
return 1
`;
