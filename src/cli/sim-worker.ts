/** A thread that runs simulated clusters: a seed comes in, a report goes out. */
import { parentPort } from 'node:worker_threads';
import { runTurns } from '../ports/real/index.ts';
import { minimise, simulate } from '../sim/index.ts';
import type { SimulationOrder, SimulationResult } from './sim-pool.ts';

/** The story of a failure: its last lines say most. */
const storyLines = 200;
const minimiseRunsMax = 60;

async function run({ seed, scenario, faultMs, shrink }: SimulationOrder): Promise<SimulationResult> {
  const simulation = { seed, scenario, turns: runTurns, ...(faultMs === undefined ? {} : { faultMs }) };
  const report = await withoutStacks(() => simulate(simulation));
  if (report.violation === undefined) return { report, smallest: undefined };
  // The run is repeated with its story kept; a run without one is faster.
  const told = { ...simulation, storyLines };
  const smallest = shrink
    ? await minimise(report, {
        run: (smaller) => simulate({ ...told, ...smaller }),
        runsMax: minimiseRunsMax,
      })
    : await simulate({ ...told, plan: report.plan });
  return { report, smallest };
}

/** Faults make errors by the thousand, and nobody reads their stacks: a run that fails is repeated with them. */
async function withoutStacks<Result>(work: () => Promise<Result>): Promise<Result> {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return await work();
  } finally {
    Error.stackTraceLimit = limit;
  }
}

parentPort?.on('message', (order: SimulationOrder) => {
  run(order).then(
    (result) => parentPort?.postMessage(result),
    (error: unknown) => {
      // A simulator that fails itself must not look like a passing seed.
      throw error;
    },
  );
});
