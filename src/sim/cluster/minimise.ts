/**
 * Makes a failing run smaller: leaves faults out, first many at a time, then fewer, as long as the run still
 * fails (delta debugging, Zeller and Hildebrandt 2002). Faults say themselves how long they last, and every
 * machine and link has luck of its own, so leaving one out changes little else.
 */
import type { PlannedFault } from './fault-plan.ts';
import { type SimulationOptions, type SimulationReport, simulate } from './simulation.ts';

export interface MinimiseOptions {
  readonly simulation: SimulationOptions;
  /** Runs that may be spent. */
  readonly runsMax: number;
}

/** The smallest failing run that was found; it fails for whatever reason, not always for the first one's. */
export async function minimise(
  failed: SimulationReport,
  options: MinimiseOptions,
): Promise<SimulationReport> {
  let smallest = failed;
  let runsLeft = options.runsMax;
  let parts = 2;
  while (smallest.plan.length > 1 && parts <= smallest.plan.length) {
    const size = Math.ceil(smallest.plan.length / parts);
    let shrunk = false;
    for (let from = 0; from < smallest.plan.length && runsLeft > 0; from += size) {
      runsLeft -= 1;
      const report = await simulate({ ...options.simulation, plan: without(smallest.plan, from, size) });
      if (report.violation === undefined) continue;
      smallest = report;
      shrunk = true;
      break;
    }
    if (runsLeft <= 0) break;
    parts = shrunk ? Math.max(2, parts - 1) : parts * 2;
  }
  return smallest;
}

function without(plan: readonly PlannedFault[], from: number, size: number): PlannedFault[] {
  return plan.filter((_, place) => place < from || place >= from + size);
}
