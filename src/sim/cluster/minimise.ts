/**
 * Makes a failing run smaller: leaves faults out, first many at a time, then fewer, as long as the run still
 * fails (delta debugging, Zeller and Hildebrandt 2002). Faults say themselves how long they last, and every
 * machine and link has luck of its own, so leaving one out changes little else.
 */
import type { PlannedFault } from './fault-plan.ts';
import type { SimulationReport } from './simulation.ts';

export interface MinimiseOptions {
  /** Runs the same seed with these faults instead of its own. */
  readonly run: (plan: readonly PlannedFault[]) => Promise<SimulationReport>;
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
  while (true) {
    const length = smallest.plan.length;
    if (length <= 1 || runsLeft <= 0) return smallest;
    parts = Math.min(parts, length);
    const size = Math.ceil(length / parts);
    let shrunk = false;
    for (let from = 0; from < length && runsLeft > 0; from += size) {
      runsLeft -= 1;
      const report = await options.run(without(smallest.plan, from, size));
      if (report.violation === undefined) continue;
      smallest = report;
      shrunk = true;
      break;
    }
    // Nothing more can go, not even a single fault.
    if (!shrunk && size === 1) return smallest;
    parts = shrunk ? Math.max(2, parts - 1) : parts * 2;
  }
}

function without(plan: readonly PlannedFault[], from: number, size: number): PlannedFault[] {
  return plan.filter((_, place) => place < from || place >= from + size);
}
