/**
 * What the other processes tell of the circuits of one breaker. A watch never fails while its server is away: it waits. So a session is
 * kept for as long as somebody listens, since that is who notices: what was heard before is worth nothing while nobody
 * could take it back.
 */

import { type LinkedSignal, linkSignals, untilAborted } from '../../base/index.ts';
import type { SessionState } from '../../engines/port/index.ts';
import { pause } from '../../ports/index.ts';
import type { HintListener } from '../../resilience/index.ts';
import { type ItemChange, PresentItems } from '../present-items.ts';
import type { RecipeContext } from '../recipe-context.ts';
import { ReportsByCircuit } from './reports-by-circuit.ts';

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
  readonly #reports: ReportsByCircuit;
  /** The first picture is there. */
  #hasBegun = false;
  #isReached = false;
  /** Its listener has been told, and heard nothing since. */
  #isLost = false;
  #isStopped = false;
  #sessions = 0;

  constructor(options: CircuitListenerOptions) {
    this.#options = options;
    const { context, directory, reporter } = options;
    this.#reports = new ReportsByCircuit(directory, reporter);
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
        this.#apply(this.#present.apply(batch));
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
      this.#tellAll();
    } else {
      this.#isReached = false;
      this.#lose(state);
    }
  }

  #apply(changes: readonly ItemChange[]): void {
    const changed = new Set(changes.flatMap((change) => this.#reports.apply(change)));
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      this.#tellAll();
    } else if (this.#isReached) {
      this.#tell(changed);
    }
  }

  #tellAll(): void {
    if (!this.#isReached || !this.#hasBegun || this.#isStopped) return;
    this.#isLost = false;
    this.#tell(this.#reports.keys);
    this.#options.listener.found();
  }

  #tell(keys: Iterable<string | undefined>): void {
    if (this.#isStopped) return;
    for (const key of keys) this.#options.listener.reports(key, this.#reports.of(key));
  }

  #lose(reason: unknown): void {
    if (this.#isLost || this.#isStopped) return;
    this.#isLost = true;
    this.#options.listener.lost(reason);
  }
}
