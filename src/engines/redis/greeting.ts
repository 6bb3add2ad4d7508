/**
 * What a server says of itself, and whether it will do: new enough, a master, on its own, and none that throws items
 * away when its memory runs short. What is fit but dangerous becomes a note, which the user can read and log.
 */
import { QuorateError } from '../../base/index.ts';
import { Trouble, unfit } from './trouble.ts';

export interface ServerFacts {
  readonly version: string;
  /** Another with each start of the server, and with each replica that takes over. */
  readonly incarnation: string;
  readonly isReplica: boolean;
  readonly isClustered: boolean;
  readonly evictsItems: boolean;
  readonly keepsLog: boolean;
}

const versionLeast = '6.2';

/** `text` is the answer to INFO. Absent facts are taken for the harmless ones; without a version it is no Redis. */
export function parseFacts(text: string): ServerFacts | undefined {
  const facts = new Map<string, string>();
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0 && !line.startsWith('#')) facts.set(line.slice(0, colon), line.slice(colon + 1));
  }
  const version = facts.get('redis_version');
  const run = facts.get('run_id');
  if (version === undefined || run === undefined || /\s/.test(run)) return undefined;
  const replication = facts.get('master_replid')?.replaceAll(/\s/g, '') ?? '';
  const evicts = facts.get('maxmemory_policy')?.startsWith('allkeys') === true;
  return {
    version,
    incarnation: `${run}.${replication}`,
    isReplica: facts.get('role') === 'slave',
    isClustered: facts.get('cluster_enabled') === '1',
    evictsItems: evicts && facts.get('maxmemory') !== '0',
    keepsLog: facts.get('aof_enabled') === '1',
  };
}

/** Throws `Trouble` for a server on which nothing can be promised. */
export function checkFacts(facts: ServerFacts, address: string): void {
  if (isOlder(facts.version)) throw tooOld(facts.version, address);
  if (facts.isReplica) {
    throw unfit('engine-read-only', address, 'is a replica, which takes no writes; connect to its master');
  }
  if (facts.isClustered) {
    throw unfit(
      'engine-failed',
      address,
      'runs in cluster mode, where one script cannot reach all keys; use a server of its own',
    );
  }
  if (facts.evictsItems) {
    throw unfit(
      'engine-failed',
      address,
      'deletes any key when its memory is full; set maxmemory-policy to noeviction, or locks will vanish while they are held',
    );
  }
}

/** What to tell the user of durability. `sync` is the setting appendfsync, where it may be asked for. */
export function durabilityNote(facts: ServerFacts, sync: string | undefined): string {
  if (!facts.keepsLog) {
    return 'appendonly is off: a restart of the server loses what was written since its last snapshot';
  }
  if (sync === undefined)
    return 'appendfsync may not be asked for here: unless it is always, a crash may lose a second';
  if (sync === 'always') return 'appendfsync is always: a crash of the server alone loses nothing';
  return `appendfsync is ${sync}: a crash of the server's machine loses the last second or more`;
}

function isOlder(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [majorLeast = 0, minorLeast = 0] = versionLeast.split('.').map(Number);
  return major < majorLeast || (major === majorLeast && minor < minorLeast);
}

function tooOld(version: string, address: string): Trouble {
  const error = new QuorateError({
    code: 'engine-too-old',
    message: `the Redis at ${address} is ${version}, but ${versionLeast} is needed; upgrade it`,
    data: { engine: 'redis', version, needed: versionLeast },
  });
  return new Trouble('never', error);
}
