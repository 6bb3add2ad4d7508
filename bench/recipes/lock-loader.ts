/** A process that takes and gives back locks as fast as it is let, and tells how often it could. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Endpoint } from '../cluster/job.ts';
import { Latencies } from '../cluster/latencies.ts';
import type { LockSystem } from './lock-system.ts';
import { type LockSystemName, openSystem } from './lock-systems.ts';

export interface LockJob {
  readonly system: LockSystemName;
  readonly endpoints: readonly Endpoint[];
  readonly what: 'lock' | 'add' | 'put' | 'surePut';
  readonly workers: number;
  /** How many different locks the workers take; each worker its own where these are as many. */
  readonly keys: number;
  readonly warmupMs: number;
  readonly measureMs: number;
}

export interface LockOutcome {
  readonly turnsPerSecond: number;
  readonly p99Us: number;
}

export type LockAnswer = { readonly outcome: LockOutcome } | { readonly failure: string };

async function carryOut(job: LockJob): Promise<LockOutcome> {
  const system = await openSystem(job.system, job.endpoints, job.workers);
  try {
    return await measure(system, job);
  } finally {
    await system.close();
  }
}

async function measure(
  system: LockSystem,
  { what, workers, keys, warmupMs, measureMs }: LockJob,
): Promise<LockOutcome> {
  const doing = what === 'lock' ? system.turn : system[what];
  if (doing === undefined) throw new Error(`this system has no ${what}`);
  const latencies = new Latencies();
  let isMeasuring = false;
  const over = new AbortController();
  const work = async (worker: number): Promise<void> => {
    const key = `bench-${worker % keys}`;
    while (!over.signal.aborted) {
      const sentMs = performance.now();
      await doing(key, worker);
      if (isMeasuring) latencies.record(performance.now() - sentMs);
    }
  };
  const all = Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)));
  await Promise.race([delay(warmupMs), all]);
  isMeasuring = true;
  const beganMs = performance.now();
  await Promise.race([delay(measureMs), all]);
  isMeasuring = false;
  const elapsedMs = performance.now() - beganMs;
  over.abort();
  await all;
  return { turnsPerSecond: (latencies.count * 1_000) / elapsedMs, p99Us: latencies.percentile(0.99) };
}

process.on('message', (job: LockJob) => {
  const answer = (words: LockAnswer): void => {
    process.send?.(words);
  };
  carryOut(job).then(
    (outcome) => answer({ outcome }),
    (error: unknown) =>
      answer({ failure: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
