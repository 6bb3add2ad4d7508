/**
 * A program that takes a lock and is then stopped by a signal. It spins in one turn of its loop until it finds a file
 * that is made while it stands still; so what it asks then it asks before any timer, answer or event has had its turn.
 * Last it tries the write that only a holder may do, whatever it was told.
 *
 *   node holder-program.ts URL LOCK TTL-MS FILE
 */
import { existsSync, writeSync } from 'node:fs';
import { isQuorateError } from '../../src/base/index.ts';
import { openEngine } from '../../src/engines/addresses/index.ts';
import type { AnyEngine } from '../../src/engines/conformance/index.ts';
import { openNats } from '../../src/engines/nats/index.ts';
import { openPostgres } from '../../src/engines/postgres/index.ts';
import { openRedis } from '../../src/engines/redis/index.ts';
import { coordinate, type HeldLock } from '../../src/recipes/index.ts';

const [, , url = '', name = '', ttl = '3000', sign = ''] = process.argv;
const deadline = '20s';

/** With permission for what a failover may lose, where a lock needs that. */
function open(): Promise<unknown> {
  if (url.startsWith('redis')) return openRedis(url, { deadline, allow: 'failover-loss' });
  if (url.startsWith('postgres')) return openPostgres(url, { deadline, allow: 'failover-loss' });
  if (url.startsWith('nats')) return openNats(url, { deadline, copies: 3, allow: 'failover-loss' });
  return openEngine(url, { deadline });
}

/** Resolved is `done`; else the code. */
async function outcomeOf(doing: () => unknown): Promise<string> {
  try {
    await doing();
    return 'done';
  } catch (error) {
    return isQuorateError(error) ? error.code : String(error);
  }
}

/** Synchronous, so that it is written although nothing else in this process gets its turn. */
function tell(words: object): void {
  writeSync(1, `${JSON.stringify(words)}\n`);
}

/** Without a turn of the loop. The file appears while this program stands still, right before it goes on. */
function spinUntilTold(): void {
  while (!existsSync(sign));
}

const engine = (await open()) as AnyEngine;
const held: HeldLock = await coordinate(engine)
  .lock(name)
  .acquire({ ttl: Number(ttl) });
let abortions = 0;
held.signal.addEventListener('abort', () => {
  abortions += 1;
});
const put = { kind: 'put', key: `guarded/${name}`, value: new TextEncoder().encode('first') } as const;

tell({ token: held.token });
spinUntilTold();
const assertion = outcomeOf(() => held.assertHeld());
const { isHeld, remainingMs } = held;
const isAborted = held.signal.aborted;
const heardBefore = abortions;
const write = await outcomeOf(() => engine.transact({ fences: [held.fence], operations: [put] }));
tell({ assertion: await assertion, isHeld, remainingMs, isAborted, heardBefore, write });
process.exit(0);
