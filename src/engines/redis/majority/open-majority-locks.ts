/** Opens the connections to all servers that vote, and finds out that they are as many as they seem. */
import { type Duration, durationMs, invalidOption, QuorateError } from '../../../base/index.ts';
import type { ClientTls, Clock, Random } from '../../../ports/index.ts';
import { realClock, realRandom } from '../../../ports/real/index.ts';
import type { Connection } from '../connection.ts';
import { parseEndpoint } from '../endpoint.ts';
import { checkFacts, parseFacts } from '../greeting.ts';
import { loadRedis } from '../redis-module.ts';
import { textOf } from '../reply.ts';
import { foreign, unfit } from '../trouble.ts';
import { MajorityLocks } from './majority-locks.ts';
import { majorityOf } from './poll.ts';
import { Voter } from './voter.ts';

export interface MajorityOptions {
  /** How long to wait for a majority of the servers. Default 5 s. */
  readonly deadline?: Duration;
  readonly signal?: AbortSignal;
  /** Stands before every key. Default none, as other packages for this algorithm have it. */
  readonly prefix?: string;
  /** For those that are `rediss:`. */
  readonly tls?: ClientTls;
  readonly clock?: Clock;
  readonly random?: Random;
}

const patienceMs = 2_000;

/**
 * Connects to independent servers: masters of which none copies from another, best five or three. Resolves when most
 * of them have answered; the others are connected to when they can be.
 */
export async function openMajorityLocks(
  urls: readonly string[],
  options: MajorityOptions = {},
): Promise<MajorityLocks> {
  const { prefix = '', tls, signal, clock = realClock(), random = realRandom() } = options;
  const milliseconds = durationMs(options.deadline ?? 5_000, 'deadline');
  const endpoints = urls.map((url) => parseEndpoint(url, url.startsWith('rediss:') ? tls : undefined));
  const addresses = endpoints.map(({ address }) => address);
  if (endpoints.length === 0 || new Set(addresses).size < addresses.length) {
    throw invalidOption('urls', addresses.join(', '), 'one for each server, and no server twice');
  }
  const module = await loadRedis();
  const greet = greeting();
  const voters = endpoints.map(
    (endpoint) => new Voter({ module, clock, random, endpoint, patienceMs, greet }),
  );
  try {
    const troubles = await Promise.all(voters.map((voter) => voter.open(milliseconds, signal)));
    const absent = troubles.filter((trouble) => trouble !== undefined);
    if (voters.length - absent.length < majorityOf(voters.length)) throw tooFew(voters.length, absent);
  } catch (error) {
    await Promise.all(voters.map((voter) => voter.close(noneLeft())));
    throw error;
  }
  return new MajorityLocks({ clock, random, voters, prefix });
}

/** Two addresses of one server would be two votes of one. */
function greeting(): (connection: Connection) => Promise<void> {
  const addresses = new Map<string, string>();
  return async (connection) => {
    const { address } = connection;
    const facts = parseFacts(textOf(await connection.call(['INFO'], patienceMs)) ?? '');
    if (facts === undefined) throw foreign(address, 'INFO tells no version');
    checkFacts(facts, address);
    const other = addresses.get(facts.incarnation);
    if (other !== undefined && other !== address) {
      throw unfit('engine-failed', address, `is the server at ${other}; name each server once`);
    }
    addresses.set(facts.incarnation, address);
  };
}

function tooFew(count: number, troubles: readonly QuorateError[]): QuorateError<'engine-unreachable'> {
  const reasons = troubles.map(({ message }) => message).join('; ');
  return new QuorateError({
    code: 'engine-unreachable',
    message: `of ${count} Redis ${majorityOf(count)} must answer: ${reasons}`,
    data: { engine: 'redis', address: 'a majority' },
    outcome: 'not-applied',
    cause: troubles[0],
  });
}

function noneLeft(): QuorateError<'closed'> {
  const what = 'the majority locks on Redis';
  return new QuorateError({ code: 'closed', message: `${what} could not be opened`, data: { what } });
}
