/**
 * Reports of other processes, by the circuit that they are about. Each change costs what it changes: where many circuits
 * open at once, reading all that is there for every one of them would be work without end.
 */
import type { Item } from '../../engines/port/index.ts';
import type { OthersReport } from '../../resilience/index.ts';
import type { ItemChange } from '../present-items.ts';
import { tellProblem } from '../problems.ts';
import { decodeReport } from './hint-record.ts';

interface Found {
  readonly report: OthersReport;
  readonly created: number;
}

export class ReportsByCircuit {
  readonly #directory: string;
  readonly #own: string;
  /** By the key of its item. */
  readonly #found = new Map<string, Found>();
  readonly #byCircuit = new Map<string | undefined, Set<string>>();

  /** `own`: the reporter whose reports are left out. */
  constructor(directory: string, own: string) {
    this.#directory = directory;
    this.#own = own;
  }

  /** Circuits of which somebody says something. */
  get keys(): (string | undefined)[] {
    return [...this.#byCircuit.keys()];
  }

  /** Of each reporter the newest: an older item may be there until its session expires. */
  of(circuit: string | undefined): OthersReport[] {
    const newest = new Map<string, Found>();
    for (const itemKey of this.#byCircuit.get(circuit) ?? []) {
      const found = this.#found.get(itemKey) as Found;
      const { reporter } = found.report;
      if (found.created > (newest.get(reporter)?.created ?? -1)) newest.set(reporter, found);
    }
    return [...newest.values()].map(({ report }) => report);
  }

  /** The circuits of which something else is said now. */
  apply({ kind, item }: ItemChange): (string | undefined)[] {
    const before = this.#remove(item.key);
    const report = kind === 'put' ? this.#read(item) : undefined;
    if (report !== undefined && report.reporter !== this.#own) {
      this.#found.set(item.key, { report, created: item.created });
      const items = this.#byCircuit.get(report.key) ?? new Set();
      this.#byCircuit.set(report.key, items.add(item.key));
      return before === undefined ? [report.key] : [before.report.key, report.key];
    }
    return before === undefined ? [] : [before.report.key];
  }

  #remove(itemKey: string): Found | undefined {
    const before = this.#found.get(itemKey);
    if (before === undefined) return undefined;
    this.#found.delete(itemKey);
    const items = this.#byCircuit.get(before.report.key);
    items?.delete(itemKey);
    if (items?.size === 0) this.#byCircuit.delete(before.report.key);
    return before;
  }

  /** What does not fit is no hint. */
  #read(item: Item): OthersReport | undefined {
    try {
      return decodeReport(item, this.#directory);
    } catch (error) {
      tellProblem(`reading ${item.key}`, error);
      return undefined;
    }
  }
}
