/**
 * The loader of the benchmark of watches, a process of its own: opens the watchers, sends puts in a closed loop, and
 * counts what the watchers hear in the measured span. At the end every watcher must have heard of every put: one
 * that was fast because it left something out has not been measured.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { ClosedLoop, type OpenConnection } from '../closed-loop.ts';
import { openEtcd } from '../etcd-load.ts';
import { openQuorate } from '../quorate-load.ts';
import { watchEtcd, watchEtcdWithoutReading } from './etcd-watching.ts';
import { watchQuorate, watchQuorateWithoutReading } from './quorate-watching.ts';
import type { WatchAnswer, WatchHold, WatchJob, WatchOutcome, WatchRun } from './watch-job.ts';
import type { WatchingConnection } from './watching.ts';

/** So many connections are opened at a time. */
const openingAtOnce = 64;
const restMsMax = 60_000;

const ears = { heard: 0 };
let failure = Promise.withResolvers<never>();
let held: WatchingConnection[] = [];

async function openWatchers({
  system,
  endpoint,
  watchers,
}: WatchRun | WatchHold): Promise<WatchingConnection[]> {
  const open = system === 'etcd' ? watchEtcd : watchQuorate;
  const events = {
    heard: (count: number): void => {
      ears.heard += count;
    },
    failed: (error: Error): void => failure.reject(error),
  };
  const each = watchers.count / watchers.connections;
  const opened: WatchingConnection[] = [];
  while (opened.length < watchers.connections) {
    const more = Math.min(openingAtOnce, watchers.connections - opened.length);
    opened.push(...(await Promise.all(Array.from({ length: more }, () => open(endpoint, each, events)))));
  }
  return opened;
}

async function run(job: WatchRun): Promise<WatchOutcome> {
  const { system, endpoint, watchers, puts, stuck, warmupMs, measureMs } = job;
  const openStuck = system === 'etcd' ? watchEtcdWithoutReading : watchQuorateWithoutReading;
  const connections = watchers.count === 0 ? [] : await openWatchers(job);
  for (let more = 0; more < stuck; more += 1) connections.push(await openStuck(endpoint));
  try {
    ears.heard = 0;
    const open: OpenConnection = (options) =>
      system === 'etcd' ? openEtcd(endpoint, 'put', options) : openQuorate(endpoint, 'put', options);
    const loop = new ClosedLoop(puts).run(open, {
      loader: system,
      workload: 'put',
      shape: puts,
      leader: endpoint,
      endpoints: [endpoint],
      warmupMs,
      measureMs,
    });
    const counted = heardPerSecond(warmupMs, measureMs);
    const [outcome, eventsPerSecond] = await Promise.race([Promise.all([loop, counted]), failure.promise]);
    await Promise.race([allHeard(outcome.answered * watchers.count), failure.promise]);
    const { operationsPerSecond, p50Us, p99Us, answered } = outcome;
    return {
      eventsPerSecond,
      putsPerSecond: operationsPerSecond,
      putP50Us: p50Us,
      putP99Us: p99Us,
      answered,
    };
  } finally {
    for (const connection of connections) connection.close();
  }
}

async function heardPerSecond(warmupMs: number, measureMs: number): Promise<number> {
  await delay(warmupMs);
  const [before, startMs] = [ears.heard, performance.now()];
  await delay(measureMs);
  return ((ears.heard - before) * 1000) / (performance.now() - startMs);
}

async function allHeard(wanted: number): Promise<void> {
  const beganMs = performance.now();
  while (ears.heard < wanted) {
    if (performance.now() - beganMs > restMsMax)
      throw new Error(`of ${wanted} events ${wanted - ears.heard} never came`);
    await delay(10);
  }
  if (ears.heard > wanted) throw new Error(`${ears.heard} events came where there were ${wanted}`);
}

async function carryOut(job: WatchJob): Promise<WatchOutcome | undefined> {
  failure = Promise.withResolvers<never>();
  failure.promise.catch(() => undefined);
  if (job.kind === 'run') return await run(job);
  if (job.kind === 'hold') held = await Promise.race([openWatchers(job), failure.promise]);
  else for (const connection of held.splice(0)) connection.close();
  return undefined;
}

process.on('message', (job: WatchJob) => {
  const answer = (words: WatchAnswer): void => {
    process.send?.(words);
  };
  carryOut(job).then(
    (outcome) => answer({ outcome }),
    (error: unknown) =>
      answer({ failure: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
