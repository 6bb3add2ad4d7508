/**
 * What ten million calls leave behind: a stack, one long-lived signal that some of them are given, failures and limits
 * of time among them, and a hundred thousand keys. The heap is told after a collection, every tenth of the way; a leak
 * of one small object a call would be hundreds of megabytes.
 *
 *   npm run bench -- endurance [--calls N] [--json]
 */
import { getEventListeners } from 'node:events';
import { parseArgs } from 'node:util';
import {
  breaker,
  bulkhead,
  keyedBreakers,
  policy,
  rateLimit,
  retry,
  timeout,
} from '../../src/resilience/index.ts';

const { values: options } = parseArgs({
  options: { calls: { type: 'string', default: '10000000' }, json: { type: 'boolean', default: false } },
});
const calls = Number(options.calls);
const keys = 100_000;
const steps = 10;
/** At once, as calls of a server are. */
const together = 100;

const stack = policy(
  timeout('1s'),
  retry({ maxAttempts: 2, backoff: { kind: 'constant', delay: 0 } }),
  breaker({ rule: { kind: 'count-window', calls: 100, ratio: 0.9, minimum: 50 } }),
  bulkhead({ running: together, queued: together }),
);
const byKey = policy(
  rateLimit({ perSecond: 1_000_000_000, burst: 1_000_000_000, keyed: true, keysMax: keys }),
  keyedBreakers({ keysMax: keys }),
);
const signal = new AbortController().signal;

const answer = async (): Promise<number> => 1;
const failure = new Error('one in a hundred');
const fail = async (): Promise<never> => {
  throw failure;
};

async function one(index: number): Promise<unknown> {
  if (index % 10 === 0) return byKey.execute(answer, { key: `customer-${index % (2 * keys)}` });
  if (index % 10 === 1) return stack.execute(({ signal: own }) => (own.aborted ? 0 : 1), { signal });
  if (index % 100 === 2) return stack.execute(fail).catch((error: unknown) => error);
  return stack.execute(answer);
}

function heapMiB(): number {
  if (globalThis.gc === undefined) throw new Error('run with --expose-gc, as `npm run bench` does');
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

const heapsMiB: number[] = [];
for (let index = 0; index < calls; index += together) {
  if (index % (calls / steps) === 0) heapsMiB.push(heapMiB());
  await Promise.all(Array.from({ length: together }, (_, offset) => one(index + offset)));
}
await new Promise((resolve) => setImmediate(resolve));
heapsMiB.push(heapMiB());

const listeners = getEventListeners(signal, 'abort').length;
const timers = process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
// The first tenth fills what is bounded by its number of keys.
const grownMiB = (heapsMiB.at(-1) ?? Number.NaN) - (heapsMiB[2] ?? Number.NaN);
if (options.json) {
  console.log(JSON.stringify({ bench: 'endurance', calls, keys, heapsMiB, grownMiB, listeners, timers }));
} else {
  console.log(`${calls.toLocaleString('en')} calls, ${keys.toLocaleString('en')} keys`);
  console.log(`heap after each tenth: ${heapsMiB.map((heap) => heap.toFixed(1)).join(', ')} MiB`);
  console.log(
    `grown since the second: ${grownMiB.toFixed(2)} MiB; listeners left: ${listeners}; timers left: ${timers}`,
  );
}
