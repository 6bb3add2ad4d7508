/**
 * What the other processes tell of one circuit. A watch never fails while its server is away: it waits. So a session is
 * kept for as long as somebody listens, since that is who notices: what was heard before is worth nothing while nobody
 * could take it back.
 */
import { type LinkedSignal, linkSignals, untilAborted } from '../../base/index.ts';
import type { Item, SessionState } from '../../engines/port/index.ts';
import type { HintListener, OthersReport } from '../../resilience/index.ts';
import { pause } from '../pause.ts';
import { PresentItems } from '../present-items.ts';
import { tellProblem } from '../problems.ts';
import type { RecipeContext } from '../recipe-context.ts';
import { decodeReport } from './hint-record.ts';

export interface CircuitListenerOptions {
  readonly context: RecipeContext;
  readonly directory: string;
  /** Its own reports are not told. */
  readonly reporter: string;
  readonly ttlMs: number;
  readonly listener: HintListener;
}

const stopped = new Error('nobody listens any more');
const pauseMsMin = 500;
const pauseMsMax = 10_000;

export class CircuitListener {
  readonly #options: CircuitListenerOptions;
  readonly #until: LinkedSignal;
  readonly #present = new PresentItems();
  /** The first picture is there. */
  #hasBegun = false;
  #isReached = false;
  /** Its listener has been told, and heard nothing since. */
  #isLost = false;
  #isStopped = false;
  #sessions = 0;

  constructor(options: CircuitListenerOptions) {
    this.#options = options;
    const { context, directory } = options;
    this.#until = linkSignals(context.closed);
    context.inBackground(`watching ${directory}`, () => this.#watch());
    context.inBackground(`keeping in touch with ${directory}`, () => this.#keepInTouch());
  }

  /** Its listener hears no more. */
  stop(): void {
    this.#isStopped = true;
    this.#until.abort(stopped);
  }

  async #watch(): Promise<void> {
    const { context, directory } = this.#options;
    try {
      for await (const batch of context.engine.watch({ directory }, { signal: this.#until.signal })) {
        this.#present.apply(batch);
        this.#hasBegun = true;
        this.#tell();
      }
      this.#endWatch('ended');
    } catch (error) {
      this.#endWatch(error);
      if (!this.#until.signal.aborted) throw error;
    }
  }

  /** By its reader, or with its engine, or where trying again would not mend it. */
  #endWatch(reason: unknown): void {
    this.#hasBegun = false;
    this.#lose(reason);
  }

  async #keepInTouch(): Promise<void> {
    const { signal } = this.#until;
    for (let pauseMs = pauseMsMin; !signal.aborted; pauseMs = Math.min(2 * pauseMs, pauseMsMax)) {
      const before = this.#sessions;
      await this.#untilOver().catch((reason: unknown) => this.#lose(reason));
      if (this.#sessions > before) pauseMs = pauseMsMin;
      await pause(this.#options.context.engine.clock, pauseMs, signal).catch((reason: unknown) => {
        if (!signal.aborted) throw reason;
      });
    }
  }

  /** Rejects when no session can be had, and when it is over. */
  async #untilOver(): Promise<never> {
    const { context, ttlMs } = this.#options;
    const use = await context.sessions.use(ttlMs, this.#until.signal);
    const { session } = use;
    this.#sessions += 1;
    using end = linkSignals(session.over, this.#until.signal);
    const unsubscribe = session.subscribe((state) => this.#hear(state));
    try {
      this.#hear(session.state);
      return await untilAborted(new Promise<never>(() => undefined), end.signal);
    } finally {
      this.#isReached = false;
      unsubscribe();
      use.release();
    }
  }

  #hear(state: SessionState): void {
    if (state === 'connected' || state === 'reconnected') {
      this.#isReached = true;
      this.#tell();
    } else {
      this.#isReached = false;
      this.#lose(state);
    }
  }

  #tell(): void {
    if (!this.#isReached || !this.#hasBegun || this.#isStopped) return;
    this.#isLost = false;
    this.#options.listener.reports(this.#others());
  }

  #lose(reason: unknown): void {
    if (this.#isLost || this.#isStopped) return;
    this.#isLost = true;
    this.#options.listener.lost(reason);
  }

  /** Of each other process the newest: an older item may be there until its session expires. */
  #others(): OthersReport[] {
    const { reporter } = this.#options;
    const newest = new Map<string, OthersReport>();
    for (const item of this.#present.oldestFirst) {
      const report = this.#read(item);
      if (report !== undefined && report.reporter !== reporter) newest.set(report.reporter, report);
    }
    return [...newest.values()];
  }

  /** What does not fit is no hint. */
  #read(item: Item): OthersReport | undefined {
    const { directory } = this.#options;
    try {
      return decodeReport(item, directory);
    } catch (error) {
      tellProblem(`reading ${item.key}`, error);
      return undefined;
    }
  }
}
