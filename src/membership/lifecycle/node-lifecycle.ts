/**
 * The life of a node, driven: components start in order, it joins and fetches what it lacks, runs, is degraded and comes
 * back, leaves, and has stopped. What may follow what is the table in `lifecycle-state.ts`; this carries it out, one
 * thing at a time, and tells of each step.
 */
import {
  assert,
  type Duration,
  durationMs,
  linkSignals,
  QuorateError,
  untilAborted,
} from '../../base/index.ts';
import { type Clock, pause } from '../../ports/index.ts';
import { webClock } from '../../ports/web/index.ts';
import type { Component } from './component.ts';
import { ComponentRunner } from './component-runner.ts';
import {
  type LifecycleInput,
  type LifecycleState,
  type LifecycleStateName,
  nextState,
} from './lifecycle-state.ts';
import { tellProblem } from './problems.ts';
import type { Recovery, RecoveryContext } from './recovery.ts';
import { within } from './within.ts';

/** The state with this name, and nothing of the others. */
type StateOf<Name extends LifecycleStateName> = Extract<LifecycleState, { readonly kind: Name }>;

type Listener = (state: LifecycleState, from: LifecycleState) => void;

/** A handler for each state, called in the turn in which it is entered. One that throws is told of and changes nothing. */
export type LifecycleHandlers = {
  readonly [Name in LifecycleStateName]?: (state: StateOf<Name>, from: LifecycleState) => void;
};

export interface NodeLifecycleOptions {
  /** Default: the clock of this runtime. */
  readonly clock?: Clock;
  readonly components?: readonly Component[];
  /** Makes it a member among the others. Default: it is one as soon as its components have started. */
  readonly join?: (context: { readonly signal: AbortSignal }) => Promise<void>;
  /** Says goodbye, before components stop; only where it had joined, if it was only when nobody waited for it any more. */
  readonly leave?: (context: { readonly signal: AbortSignal }) => Promise<void>;
  /** Fetch what is missing, in this order, before it runs and before it runs again. */
  readonly recoveries?: readonly Recovery[];
  readonly on?: LifecycleHandlers;
  /** For joining with all recoveries, tries that failed included. Default 1 min. */
  readonly joinWithin?: Duration;
  /** Default 10 s. */
  readonly leaveWithin?: Duration;
  /** Pause before a recovery that has failed is tried again. Default 1 s. */
  readonly recoverAgainAfter?: Duration;
}

export class NodeLifecycle implements AsyncDisposable {
  readonly #options: NodeLifecycleOptions;
  readonly #clock: Clock;
  readonly #joinMs: number;
  readonly #leaveMs: number;
  readonly #recoverAgainMs: number;
  readonly #runner: ComponentRunner;
  /** Aborts when it leaves or fails. */
  readonly #life = new AbortController();
  readonly #listeners = new Set<Listener>();
  /** Steps that listeners have not heard of; at most those that listeners take themselves. */
  readonly #untold: { readonly state: LifecycleState; readonly from: LifecycleState }[] = [];
  #state: LifecycleState = { kind: 'stopped', hasRun: false, problems: [] };
  #hasJoined = false;
  #starting: Promise<void> | undefined;
  /** Recovers after being degraded; its signal aborts when it is degraded anew. */
  #recovering: { readonly controller: AbortController; readonly over: Promise<void> } | undefined;
  #goodbye: Promise<readonly unknown[]> | undefined;
  #ending: Promise<void> | undefined;

  constructor(options: NodeLifecycleOptions) {
    const {
      clock = webClock(),
      components = [],
      joinWithin = '1m',
      leaveWithin = '10s',
      recoverAgainAfter = '1s',
    } = options;
    this.#options = options;
    this.#clock = clock;
    this.#joinMs = durationMs(joinWithin, 'joinWithin');
    this.#leaveMs = durationMs(leaveWithin, 'leaveWithin');
    this.#recoverAgainMs = durationMs(recoverAgainAfter, 'recoverAgainAfter');
    for (const recovery of options.recoveries ?? []) recoveryMs(recovery);
    const fail = (error: unknown): void => {
      if (!this.fail(error)) tellProblem('a component that is stopped', error);
    };
    this.#runner = new ComponentRunner({ clock, components, fail, tell: tellProblem });
  }

  get state(): LifecycleState {
    return this.#state;
  }

  /** Throws `not-running` in every state but `running`. */
  assertRunning(): void {
    if (this.#state.kind !== 'running') throw notRunning(this.#state);
  }

  /** Throws `not-running` unless it runs or is degraded: for what a degraded node still does. */
  assertServing(): void {
    if (this.#state.kind !== 'running' && this.#state.kind !== 'degraded') throw notRunning(this.#state);
  }

  /** Hears of each step from now on, until disposed. */
  subscribe(listener: Listener): Disposable {
    this.#listeners.add(listener);
    return {
      [Symbol.dispose]: () => {
        this.#listeners.delete(listener);
      },
    };
  }

  /**
   * Resolves when it runs, or has joined degraded. Rejects with what has failed, when all that had started is stopped
   * again. Aborting the signal leaves. May be called twice; it starts once.
   */
  async start({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    signal?.throwIfAborted();
    if (this.#starting === undefined) {
      if (this.#input({ kind: 'start' }) === undefined) throw notRunning(this.#state);
      this.#starting = this.#startAll();
      // Whoever waits hears of it; who closes without having waited, need not.
      this.#starting.catch(() => undefined);
    }
    try {
      await (signal === undefined ? this.#starting : untilAborted(this.#starting, signal));
    } catch (error) {
      if (signal?.aborted === true) await this.close();
      await this.#ending;
      throw error;
    }
  }

  /** From now on it is degraded, until `restore`. False where that means nothing. */
  degrade(why: string): boolean {
    const state = this.#input({ kind: 'degrade', why });
    if (state !== undefined) this.#recovering?.controller.abort(new Error(`degraded again: ${why}`));
    return state !== undefined;
  }

  /** What had degraded it is over: it fetches what it has missed, again and again until it has it, and runs. */
  restore(): boolean {
    const state = this.#input({ kind: 'restore' });
    if (state?.kind === 'degraded') this.#recover();
    return state !== undefined;
  }

  /** It cannot go on: its components are stopped, and `close` waits for that. False where it is over already. */
  fail(error: unknown): boolean {
    if (this.#input({ kind: 'fail', error }) === undefined) return false;
    this.#life.abort(error);
    this.#end();
    return true;
  }

  /** Leaves, stops what was started in reverse, and settles when nothing runs any more. May be called twice. */
  close(): Promise<void> {
    if (this.#input({ kind: 'leave', why: 'closed' })?.kind === 'leaving') {
      const message = 'the node was closed before this came to an end; start another one';
      this.#life.abort(new QuorateError({ code: 'closed', message, data: { what: 'node' } }));
      this.#end();
    }
    return this.#ending ?? Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #startAll(): Promise<void> {
    const { signal } = this.#life;
    try {
      await this.#runner.start(signal);
      this.#must({ kind: 'started' });
      const task = (limit: AbortSignal): Promise<void> => this.#join(limit);
      await within({ clock: this.#clock, what: 'joining', forMs: this.#joinMs, signal, task });
      this.#must({ kind: 'joined' });
    } catch (error) {
      // Whoever closes or fails it has begun to end it, and this is only what came of that.
      if (!signal.aborted) this.fail(error);
      throw error;
    }
  }

  async #join(signal: AbortSignal): Promise<void> {
    await this.#options.join?.({ signal });
    this.#hasJoined = true;
    // Nobody waits any more, and the others take it for one of them.
    if (signal.aborted) await this.#sayGoodbye();
    await this.#recoverUntilWhole({ reason: 'joined', signal });
  }

  #recover(): void {
    const before = this.#recovering?.over ?? Promise.resolve();
    const controller = new AbortController();
    const over = (async () => {
      // In order, as far as handlers heed their signal.
      await before;
      using limit = linkSignals(this.#life.signal, controller.signal);
      try {
        await this.#recoverUntilWhole({ reason: 'restored', signal: limit.signal });
        this.#input({ kind: 'recovered' });
      } catch (error) {
        if (!limit.signal.aborted) this.fail(error);
      }
    })();
    this.#recovering = { controller, over };
  }

  /** Ends when every recovery has succeeded, or with the signal’s reason. */
  async #recoverUntilWhole({ reason, signal }: RecoveryContext): Promise<void> {
    const clock = this.#clock;
    const { recoveries = [] } = this.#options;
    for (const recovery of recoveries) {
      const forMs = recoveryMs(recovery);
      const what = `recovering ${recovery.name}`;
      while (true) {
        try {
          await within({
            clock,
            what,
            forMs,
            signal,
            task: (limit) => recovery.recover({ reason, signal: limit }),
          });
          break;
        } catch (error) {
          signal.throwIfAborted();
          tellProblem(what, error);
          await pause(clock, this.#recoverAgainMs, signal);
        }
      }
    }
    signal.throwIfAborted();
  }

  /** Once: waits for what is under way, says goodbye, stops the components. */
  #end(): void {
    this.#ending ??= (async () => {
      await this.#starting?.catch(() => undefined);
      await this.#recovering?.over;
      const problems = this.#hasJoined ? [...(await this.#sayGoodbye())] : [];
      problems.push(...(await this.#runner.stop()));
      this.#input({ kind: 'left', problems });
    })();
  }

  /** Once; resolves to what went wrong. */
  #sayGoodbye(): Promise<readonly unknown[]> {
    this.#goodbye ??= (async () => {
      try {
        const task = (signal: AbortSignal): Promise<void> | undefined => this.#options.leave?.({ signal });
        await within({ clock: this.#clock, what: 'leaving', forMs: this.#leaveMs, task });
        return [];
      } catch (error) {
        tellProblem('leaving', error);
        return [error];
      }
    })();
    return this.#goodbye;
  }

  #must(input: LifecycleInput): void {
    this.#life.signal.throwIfAborted();
    assert(this.#input(input) !== undefined, `${input.kind} is possible while nobody has ended it`);
  }

  /** The one place where the state changes. */
  #input(input: LifecycleInput): LifecycleState | undefined {
    const from = this.#state;
    const state = nextState(from, input);
    if (state === undefined) return undefined;
    this.#state = state;
    this.#untold.push({ state, from });
    if (this.#untold.length === 1) this.#tell();
    return state;
  }

  /** In order, also where a listener takes the next step: that is told when everybody has heard of this one. */
  #tell(): void {
    for (let step = this.#untold[0]; step !== undefined; step = this.#untold[0]) {
      const { state, from } = step;
      const handler = this.#options.on?.[state.kind] as Listener | undefined;
      for (const listener of handler === undefined ? [...this.#listeners] : [handler, ...this.#listeners]) {
        try {
          listener(state, from);
        } catch (error) {
          tellProblem(`telling that the node is ${state.kind}`, error);
        }
      }
      this.#untold.shift();
    }
  }
}

function recoveryMs({ name, within: time = '30s' }: Recovery): number {
  return durationMs(time, `${name}.within`);
}

const remedies: Readonly<Record<LifecycleStateName, string>> = {
  stopped: 'start another one',
  starting: 'wait until it runs',
  joining: 'wait until it runs',
  running: 'nothing is wrong',
  degraded: 'wait until it has recovered, or ask another node',
  leaving: 'ask another node',
  failed: 'look at what has failed, and start another one',
};

function notRunning(state: LifecycleState): QuorateError<'not-running'> {
  const isPassing = state.kind === 'starting' || state.kind === 'joining' || state.kind === 'degraded';
  const why = state.kind === 'degraded' ? `, as ${state.why}` : '';
  return new QuorateError({
    code: 'not-running',
    message: `the node is ${state.kind}${why}: ${remedies[state.kind]}`,
    data: { state: state.kind },
    retryable: isPassing,
    ...(state.kind === 'failed' ? { cause: state.error } : {}),
  });
}
