/**
 * A task that runs once in the cluster when it is due, whoever runs it. All programs stand for election; who leads waits
 * for the next time, notes under its fence that the run has begun, and only then begins it: a leader that stood still
 * while another took over is refused the note, so no time is run twice, and what is noted tells the successor what is
 * left to do.
 */

import { type Duration, durationMs, linkSignals, watchfulSignal } from '../base/index.ts';
import { type CallOptions, checkSession, type Fence } from '../engines/port/index.ts';
import { pause } from '../ports/index.ts';
import { Election, type Leadership } from './election.ts';
import { tellProblem } from './problems.ts';
import type { RecipeContext } from './recipe-context.ts';
import { untilDone } from './removal.ts';
import { noteOf, type RunNote, runNoteOf } from './run-note.ts';
import { type Plan, Schedule, type ScheduleOptions } from './schedule.ts';

export interface SingletonOptions extends ScheduleOptions {
  /** Each run begins later by a random part of this, so that many tasks do not begin at once. Default 0. */
  readonly jitter?: Duration;
  /** How long the server keeps leadership for a program that is not heard of any more. Default: that of the coordination. */
  readonly ttl?: Duration;
}

export interface SingletonRun {
  /** The time that it is run for, as milliseconds since 1970. */
  readonly due: number;
  /** 1, and more where the run was cut short before. */
  readonly attempt: number;
  readonly token: number;
  /** Goes with what the run writes. */
  readonly fence: Fence;
  /** Aborts when leadership is lost, or the singleton is closed; to read it is to look at the clock. */
  readonly signal: AbortSignal;
}

/** The wall clock may be set; so a long wait looks at it as often as this. */
const lookMs = 30_000;
/** A timer may be so late in a process that is only busy, and the run that it wakes is in time all the same. */
const promptMs = 1_000;
const pauseMsMin = 1_000;
const pauseMsMax = 30_000;

export class Singleton implements AsyncDisposable {
  readonly name: string;
  readonly #context: RecipeContext;
  readonly #election: Election;
  readonly #schedule: Schedule;
  readonly #jitterMs: number;
  readonly #ttl: { readonly ttl?: Duration };
  readonly #key: string;
  readonly #task: (run: SingletonRun) => unknown;
  readonly #stop = new AbortController();
  readonly #standing: Promise<void>;
  #leadership: Leadership | undefined;
  /** Before it stands again behind what trying again did not mend. */
  #pauseMs = pauseMsMin;

  constructor(
    context: RecipeContext,
    name: string,
    { jitter = 0, ttl, ...schedule }: SingletonOptions,
    task: (run: SingletonRun) => unknown,
  ) {
    this.name = name;
    this.#context = context;
    this.#election = new Election(context, name, 'singletons');
    this.#schedule = new Schedule(schedule, context.engine.clock.wall());
    this.#jitterMs = durationMs(jitter, 'jitter');
    // Whoever stands for election finds it out each time anew, and there nobody hears of it.
    checkSession(context.engine, { ttlMs: context.ttlMsOf(ttl) });
    this.#ttl = ttl === undefined ? {} : { ttl };
    this.#key = context.pathOf('singleton-runs', name);
    this.#task = task;
    const forget = context.whenClosed((reason) => this.#stop.abort(reason));
    this.#standing = this.#stand().finally(forget);
    context.inBackground(`singleton ${name}`, () => this.#standing);
  }

  /** Whether this program is the one that runs it. */
  get isLeading(): boolean {
    return this.#leadership?.isHeld === true;
  }

  /** The last run that was begun, by whom it may be; undefined before the first. */
  async lastRun(options: CallOptions = {}): Promise<RunNote | undefined> {
    const item = await this.#context.engine.get(this.#key, options);
    return item && runNoteOf(item.value);
  }

  /**
   * Lets another program run it. A run that is under way hears of it by its signal, and is waited for; until it is over
   * nobody else begins. May be called twice.
   */
  close(): Promise<void> {
    this.#stop.abort(new DOMException(`singleton ${this.name} was closed`, 'AbortError'));
    return this.#standing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Until it is closed, whatever goes wrong. */
  async #stand(): Promise<void> {
    const { signal } = this.#stop;
    const { clock } = this.#context.engine;
    while (!signal.aborted) {
      try {
        await this.#election.lead((leadership) => this.#serve(leadership), { ...this.#ttl, signal });
      } catch (error) {
        if (signal.aborted) return;
        tellProblem(`singleton ${this.name}`, error);
      }
      await pause(clock, this.#pauseMs, signal).catch(ignored);
      this.#pauseMs = Math.min(2 * this.#pauseMs, pauseMsMax);
    }
  }

  async #serve(leadership: Leadership): Promise<never> {
    using link = linkSignals(leadership.signal, this.#stop.signal);
    const signal = watchfulSignal(link.signal, () => {
      if (!leadership.isHeld) link.abort(leadership.signal.reason);
    });
    this.#leadership = leadership;
    const { clock } = this.#context.engine;
    const beganAt = clock.now();
    try {
      let last = await this.lastRun({ signal });
      const since = clock.wall();
      while (true) {
        const plan = await this.#untilDue(last, since, signal);
        last = await this.#run(plan, leadership, signal);
      }
    } finally {
      // What ends a leadership that has lasted is another trouble than that of before.
      if (clock.now() - beganAt >= pauseMsMax) this.#pauseMs = pauseMsMin;
    }
  }

  /**
   * What is to be run now. The schedule is asked again behind each sleep: the wall clock may have been set, or the
   * process stood still, and what it slept for may be too late by now. Jitter is no delay of that kind.
   */
  async #untilDue(last: RunNote | undefined, since: number, signal: AbortSignal): Promise<Plan> {
    const { clock } = this.#context.engine;
    const jitterMs = this.#drawJitterMs();
    let plan = this.#schedule.next(last, clock.wall(), since);
    while (true) {
      await this.#sleepUntil(plan.due + jitterMs, signal);
      const nowMs = clock.wall() - jitterMs;
      const now = this.#schedule.next(last, nowMs, since);
      if (now.due === plan.due || nowMs - plan.due < promptMs) return plan;
      plan = now;
    }
  }

  async #sleepUntil(timeMs: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#context.engine;
    for (let leftMs = timeMs - clock.wall(); leftMs > 0; leftMs = timeMs - clock.wall())
      await pause(clock, Math.min(leftMs, lookMs), signal);
    signal.throwIfAborted();
  }

  /** Resolves with what is noted of it. A run that is cut short stays noted as one that was begun. */
  async #run(plan: Plan, leadership: Leadership, signal: AbortSignal): Promise<RunNote> {
    const { token, fence } = leadership;
    const begun: RunNote = { ...plan, begunAt: this.#context.engine.clock.wall(), isOver: false };
    await this.#note(begun, leadership);
    let failure: { readonly error: unknown } | undefined;
    try {
      await this.#task({ ...plan, token, fence, signal });
    } catch (error) {
      failure = { error };
    }
    leadership.assertHeld();
    if (failure !== undefined) {
      this.#stop.signal.throwIfAborted();
      tellProblem(`running singleton ${this.name}`, failure.error);
    }
    const over: RunNote = {
      ...begun,
      isOver: true,
      overAt: this.#context.engine.clock.wall(),
      ...(failure === undefined ? {} : { failure: String(failure.error) }),
    };
    await this.#note(over, leadership);
    return over;
  }

  /** Tried again while this program leads; refused when another one does. */
  async #note(note: RunNote, leadership: Leadership): Promise<void> {
    const lifeline = {
      get isLive() {
        return leadership.isHeld;
      },
      over: leadership.signal,
    };
    const operations = [{ kind: 'put', key: this.#key, value: noteOf(note) }] as const;
    const request = { fences: [leadership.fence], operations };
    const results = await untilDone(this.#context.engine, lifeline, request);
    if (results === undefined) leadership.assertHeld();
  }

  #drawJitterMs(): number {
    return (this.#jitterMs * this.#context.engine.random.uint32()) / 2 ** 32;
  }
}

/** Closing ends the pause, and the loop looks at that itself. */
function ignored(): undefined {
  return undefined;
}
