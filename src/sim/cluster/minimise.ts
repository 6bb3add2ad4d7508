/**
 * Makes a failing run smaller: leaves faults out, first many at a time, then fewer, as long as the run still
 * fails (delta debugging, Zeller and Hildebrandt 2002); then lets clients do less. Faults say themselves how long
 * they last, and every machine and link has luck of its own, so leaving one out changes little else.
 */
import type { PlannedFault } from './fault-plan.ts';
import type { SimulationReport } from './simulation.ts';

/** What may differ from the run that failed. */
export interface SmallerRun {
  readonly plan: readonly PlannedFault[];
  readonly operationsMax: number;
}

export interface MinimiseOptions {
  /** Runs the same seed with these faults instead of its own, and no more than these operations. */
  readonly run: (smaller: SmallerRun) => Promise<SimulationReport>;
  /** Runs that may be spent. */
  readonly runsMax: number;
}

/** The smallest failing run that was found; it fails for whatever reason, not always for the first one's. */
export async function minimise(
  failed: SimulationReport,
  options: MinimiseOptions,
): Promise<SimulationReport> {
  const search = new Search(failed, options);
  await search.leaveFaultsOut();
  await search.doLess();
  return search.smallest;
}

class Search {
  smallest: SimulationReport;
  readonly #run: MinimiseOptions['run'];
  #runsLeft: number;
  #operationsMax = Number.POSITIVE_INFINITY;

  constructor(failed: SimulationReport, { run, runsMax }: MinimiseOptions) {
    this.smallest = failed;
    this.#run = run;
    this.#runsLeft = runsMax;
  }

  async leaveFaultsOut(): Promise<void> {
    let parts = 2;
    // Some runs are kept for the clients.
    const reserve = Math.min(8, this.#runsLeft >> 2);
    while (true) {
      const { length } = this.smallest.plan;
      if (length === 0 || this.#runsLeft <= reserve) return;
      parts = Math.min(parts, length);
      const size = Math.ceil(length / parts);
      let shrunk = false;
      for (let from = 0; from < length && this.#runsLeft > reserve && !shrunk; from += size)
        shrunk = await this.#tryWith({ plan: without(this.smallest.plan, from, size) });
      // Nothing more can go, not even a single fault.
      if (!shrunk && size === 1) return;
      parts = shrunk ? Math.max(2, parts - 1) : parts * 2;
    }
  }

  /** Fewer operations, by large steps first. */
  async doLess(): Promise<void> {
    for (const share of [0.5, 0.75, 0.9]) {
      while (this.smallest.operations > 0) {
        const operationsMax = Math.floor(this.smallest.operations * share);
        if (!(await this.#tryWith({ operationsMax }))) break;
      }
    }
  }

  /** True when the run fails with less. */
  async #tryWith(less: Partial<SmallerRun>): Promise<boolean> {
    if (this.#runsLeft <= 0) return false;
    this.#runsLeft -= 1;
    const tried = { plan: this.smallest.plan, operationsMax: this.#operationsMax, ...less };
    const report = await this.#run(tried);
    if (report.violation === undefined) return false;
    this.smallest = report;
    this.#operationsMax = tried.operationsMax;
    return true;
  }
}

function without(plan: readonly PlannedFault[], from: number, size: number): PlannedFault[] {
  return plan.filter((_, place) => place < from || place >= from + size);
}
