/**
 * A process that takes locks, does guarded work while it holds them, and writes down what it saw, a line of history
 * each. It is stopped and killed by others at any moment. What it must see of itself it checks itself: a guarded
 * write that was refused belongs to somebody who knew, at the latest with the answer, that his turn was over.
 *
 *   node worker.ts PORTS FIRST-PROCESS SEED LOCKS TTL-MS
 */
import { writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { isQuorateError, Prng } from '../../../src/base/index.ts';
import { openQuorate } from '../../../src/engines/quorate/index.ts';
import { coordinate, type HeldLock } from '../../../src/recipes/index.ts';
import { openTorturedStore } from '../quorate-client.ts';

const [, , ports = '', first = '0', seed = '1', locks = '1', ttl = '3000'] = process.argv;
const prng = new Prng(Number(seed));
const engine = await openQuorate(openTorturedStore(ports.split(',').map(Number)), { ownsStore: true });
const coordination = coordinate(engine, { ttl: Number(ttl) });
const value = new TextEncoder();

let history = Number(first);
const over = new AbortController();
process.once('disconnect', () => over.abort());

type Kind = 'invoke' | 'ok' | 'fail' | 'info';

/** Synchronous, so that what was done before a kill is written. */
function tell(type: Kind, f: string, key: string, written: number | null): void {
  const time = Number(process.hrtime.bigint());
  writeSync(1, `${JSON.stringify({ process: history, type, f, key, value: written, time })}\n`);
}

function accuse(what: string): void {
  writeSync(1, `${JSON.stringify({ broken: what })}\n`);
}

/** What an operation that rejected may have done; a process of unknown outcome is not heard of again. */
function tellFailure(f: string, key: string, written: number | null, error: unknown): void {
  const isUnknown = !isQuorateError(error) || error.outcome === 'unknown';
  tell(isUnknown ? 'info' : 'fail', f, key, written);
  if (isUnknown) history += 1;
}

async function acquire(name: string): Promise<HeldLock | undefined> {
  tell('invoke', 'acquire', name, null);
  try {
    const held = await coordination.lock(name).acquire({ wait: '15s' });
    tell('ok', 'acquire', name, held.token);
    return held;
  } catch (error) {
    tellFailure('acquire', name, null, error);
    if (!isQuorateError(error)) throw error;
    return undefined;
  }
}

/** False: its turn is over. */
async function write(held: HeldLock, resource: string): Promise<boolean> {
  if (!held.isHeld) return false;
  held.assertHeld();
  tell('invoke', 'write', resource, held.token);
  const request = {
    fences: [held.fence],
    operations: [{ kind: 'put', key: `guarded/${resource}`, value: value.encode(String(held.token)) }],
  } as const;
  try {
    await engine.transact(request);
    tell('ok', 'write', resource, held.token);
    return true;
  } catch (error) {
    const knew = !held.isHeld;
    tellFailure('write', resource, held.token, error);
    if (!isQuorateError(error)) throw error;
    if (error.code === 'fenced' && !knew)
      accuse(`the holder of ${resource} by token ${held.token} was superseded and did not know`);
    return error.code !== 'fenced';
  }
}

async function turn(): Promise<void> {
  const name = `lock-${prng.below(Number(locks))}`;
  const held = await acquire(name);
  if (held === undefined) return;
  for (let steps = prng.between(1, 3); steps > 0; steps -= 1) if (!(await write(held, name))) break;
  const { token } = held;
  tell('invoke', 'release', name, token);
  await held.release();
  tell('ok', 'release', name, token);
}

while (!over.signal.aborted) {
  await turn();
  await delay(prng.between(0, 3));
}
await coordination.close();
await engine.close();
