/**
 * What this process tells of one circuit: an item of its session, so that what it said vanishes with it. Only the
 * newest matters: what became different while a report was on its way is told when that has arrived, and nothing else.
 */
import { isQuorateError } from '../../base/index.ts';
import type { OwnReport } from '../../resilience/index.ts';
import { OwnItem } from '../own-item.ts';
import { tellProblem } from '../problems.ts';
import type { RecipeContext } from '../recipe-context.ts';
import { encodeReport } from './hint-record.ts';

export interface CircuitReporterOptions {
  readonly context: RecipeContext;
  readonly directory: string;
  /** For an item, unlike that of any other. */
  readonly newName: () => string;
  readonly ttlMs: number;
  /** Carries the task out when it is its turn. */
  readonly begin: (task: () => Promise<void>) => void;
  /** Nothing is told of it any more, nor to be told. */
  readonly onSilent: () => void;
}

export class CircuitReporter {
  readonly #options: CircuitReporterOptions;
  #next: OwnReport | undefined;
  #isTelling = false;
  #item: OwnItem | undefined;

  constructor(options: CircuitReporterOptions) {
    this.#options = options;
  }

  tell(report: OwnReport): void {
    this.#next = report;
    if (this.#isTelling) return;
    this.#isTelling = true;
    this.#options.begin(() => this.#run());
  }

  /** What the engine refuses stays untold: the next change is another chance, and nothing depends on a hint. */
  async #run(): Promise<void> {
    try {
      for (let report = this.#next; report !== undefined; report = this.#next) {
        this.#next = undefined;
        await this.#put(report).catch((error: unknown) => this.#untold(error));
      }
    } finally {
      this.#isTelling = false;
      if (this.#item === undefined) this.#options.onSilent();
    }
  }

  #untold(error: unknown): void {
    if (!isQuorateError(error)) throw error;
    tellProblem(`reporting to ${this.#options.directory}`, error);
  }

  async #put(report: OwnReport): Promise<void> {
    const item = this.#item;
    if (report.state === 'closed') {
      this.#item = undefined;
      await item?.remove();
    } else if (item?.isLive !== true || !(await this.#change(item, report))) {
      this.#item = await this.#take(report);
    }
  }

  /** False: it went with its session. */
  async #change(item: OwnItem, report: OwnReport): Promise<boolean> {
    try {
      await item.change(encodeReport(report), { signal: this.#options.context.closed });
      return true;
    } catch (error) {
      if (isQuorateError(error) && error.code === 'session-expired') return false;
      throw error;
    }
  }

  async #take(report: OwnReport): Promise<OwnItem | undefined> {
    const { context, directory, newName, ttlMs } = this.#options;
    const use = await context.sessions.use(ttlMs, context.closed);
    const key = `${directory}/${newName()}`;
    const options = { context, use, key, value: encodeReport(report) };
    return await OwnItem.take(options, { signal: context.closed });
  }
}
