/** Runs seeds on all cores: each thread takes the next seed when it has finished one. */
import { Worker } from 'node:worker_threads';
import type { SimulationReport } from '../sim/index.ts';

export interface SimulationOrder {
  readonly seed: number;
  readonly scenario: string;
  /** Simulated time under faults. Absent: the simulator's default. */
  readonly faultMs: number | undefined;
  /** True: a failing run is made smaller before it is reported. */
  readonly shrink: boolean;
}

export interface SimulationResult {
  readonly report: SimulationReport;
  /** The failing run with fewer faults, and its story. */
  readonly smallest: SimulationReport | undefined;
}

export interface PoolOptions {
  readonly firstSeed: number;
  readonly seeds: number;
  readonly threads: number;
  readonly scenario: string;
  readonly faultMs: number | undefined;
  readonly signal: AbortSignal;
  /** Hears of each run as it ends; false: enough. */
  readonly onResult: (result: SimulationResult) => boolean;
}

/** What a run allocates dies young: with more room than the default, less of it is copied before it does. */
const maxYoungGenerationSizeMb = 96;

/** Resolves when all seeds have run, or enough of them. */
export async function runSeeds(options: PoolOptions): Promise<void> {
  const { firstSeed, seeds, threads, scenario, faultMs, signal, onResult } = options;
  let next = firstSeed;
  let enough = false;
  const lane = async (): Promise<void> => {
    const worker = new Worker(workerUrl(), { resourceLimits: { maxYoungGenerationSizeMb } });
    try {
      while (!enough && !signal.aborted && next < firstSeed + seeds) {
        const seed = next;
        next += 1;
        const result = await ask(worker, { seed, scenario, faultMs, shrink: true }, signal);
        if (result === undefined) return;
        if (!onResult(result)) enough = true;
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(threads, seeds) }, lane));
}

/** The report on one seed; `undefined` when the signal came first. */
function ask(
  worker: Worker,
  order: SimulationOrder,
  signal: AbortSignal,
): Promise<SimulationResult | undefined> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      worker.off('message', onMessage);
      worker.off('error', onError);
      signal.removeEventListener('abort', onAbort);
      act();
    };
    const onMessage = (result: SimulationResult): void => settle(() => resolve(result));
    const onError = (cause: unknown): void => {
      const { seed, scenario } = order;
      settle(() => reject(new Error(`seed ${seed} of scenario ${scenario} ended its thread`, { cause })));
    };
    const onAbort = (): void => settle(() => resolve(undefined));
    worker.on('message', onMessage);
    worker.on('error', onError);
    signal.addEventListener('abort', onAbort);
    worker.postMessage(order);
  });
}

/** The worker beside this file, as source or as built. */
function workerUrl(): URL {
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return new URL(`./sim-worker.${ending}`, import.meta.url);
}
