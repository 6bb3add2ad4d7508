/**
 * Hot standby: a component of which one in the cluster acts, and all others follow it and are ready to take its place.
 * Who acts is decided elsewhere, by an election; this sees to it that what happens here fits: only who is warm stands
 * for election, following ends before acting begins, acting ends before following begins again, and whatever becomes of
 * the leadership, nobody acts without it.
 */
import { type Duration, durationMs, linkSignals, untilAborted, watchfulSignal } from '../../base/index.ts';
import { type Clock, pause } from '../../ports/index.ts';
import { webClock } from '../../ports/web/index.ts';
import type { Component, ComponentContext } from './component.ts';
import { type TellProblem, tellProblem } from './problems.ts';

/** A leadership that is held: `signal` aborts when it is lost, before anybody else can have it. */
export interface HeldLeadership {
  readonly signal: AbortSignal;
  /** Greater than that of all before: the fence of what is written under it. */
  readonly token: number;
}

/**
 * Decides who leads. `lead` calls `task` when it leads; it ends with the task while it leads, stands again where
 * leadership was lost, and rejects with the signal’s reason when that aborts while it does not lead. The elections of
 * a coordination are of this form.
 */
export interface Leaderships {
  lead<T>(
    task: (leadership: HeldLeadership) => Promise<T>,
    options: { readonly signal: AbortSignal },
  ): Promise<T>;
}

export interface FollowContext {
  /** Aborts when it is to act, or to stop. */
  readonly signal: AbortSignal;
  /** To be called when it has caught up, and could act. */
  readonly warm: () => void;
}

export interface ActContext {
  /** Aborts when leadership is lost or the component stops: whatever it does for all is over by then. */
  readonly signal: AbortSignal;
  readonly token: number;
}

/**
 * - `cold`: it has not caught up.
 * - `warm`: it has, and waits for its turn.
 * - `active`: it acts.
 * - `stopped`: neither.
 */
export type StandbyState = 'stopped' | 'cold' | 'warm' | 'active';

export interface HotStandbyOptions {
  readonly name: string;
  readonly needs?: readonly string[];
  /** Default: the clock of this runtime. */
  readonly clock?: Clock;
  readonly leaderships: Leaderships;
  /** Follows whoever acts, until its signal aborts. */
  readonly follow: (context: FollowContext) => Promise<void>;
  /** Acts until its signal aborts. What it returns or throws before gives leadership to the next one. */
  readonly act: (context: ActContext) => Promise<void>;
  /** Pause after following or acting has failed. Default 1 s. */
  readonly againAfter?: Duration;
  readonly stopWithin?: Duration;
  readonly onState?: (state: StandbyState) => void;
}

export class HotStandby implements Component {
  readonly name: string;
  readonly needs: readonly string[];
  readonly stopWithin: Duration;
  readonly #options: HotStandbyOptions;
  readonly #clock: Clock;
  readonly #againMs: number;
  readonly #tell: TellProblem = tellProblem;
  #state: StandbyState = 'stopped';
  #life: { readonly controller: AbortController; readonly over: Promise<void> } | undefined;
  /** What follows, while it does. */
  #following: { readonly controller: AbortController; readonly over: Promise<void> } | undefined;

  constructor(options: HotStandbyOptions) {
    const { name, needs = [], againAfter = '1s', stopWithin = '10s' } = options;
    this.name = name;
    this.needs = needs;
    this.stopWithin = stopWithin;
    this.#options = options;
    this.#clock = options.clock ?? webClock();
    this.#againMs = durationMs(againAfter, 'againAfter');
  }

  get state(): StandbyState {
    return this.#state;
  }

  /** Begins to follow; it is not waited for, as nobody needs a standby to be warm. */
  start(_context: ComponentContext): void {
    if (this.#life !== undefined) return;
    const controller = new AbortController();
    this.#life = { controller, over: this.#live(controller.signal) };
  }

  /** Resolves when it neither follows nor acts, and has given leadership away. */
  async stop(): Promise<void> {
    const life = this.#life;
    if (life === undefined) return;
    life.controller.abort(new Error(`${this.name} stops`));
    await life.over;
  }

  async #live(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) {
        await this.#standOnce(signal).catch((error: unknown) => {
          if (!signal.aborted) this.#tell(`standing by as ${this.name}`, error);
        });
        await this.#stopFollowing();
        if (!signal.aborted) await pause(this.#clock, this.#againMs, signal);
      }
    } catch (error) {
      // The pause ends with the signal; nothing else throws here.
      if (error !== signal.reason) throw error;
    } finally {
      this.#become('stopped');
    }
  }

  /** Warms up and stands for election, until it has acted, or following fails. */
  async #standOnce(signal: AbortSignal): Promise<void> {
    using standing = linkSignals(signal);
    const broken = (error: unknown): void => standing.abort(error);
    await this.#warmUp(standing.signal, broken);
    await this.#options.leaderships.lead(
      (leadership) => this.#act(leadership, signal, () => this.#warmUp(standing.signal, broken)),
      { signal: standing.signal },
    );
  }

  /** Resolves when it is warm, and goes on following. `broken` hears when that ends by itself. */
  async #warmUp(signal: AbortSignal, broken: (error: unknown) => void): Promise<void> {
    signal.throwIfAborted();
    this.#become('cold');
    const controller = new AbortController();
    let warm = (): void => undefined;
    const isWarm = new Promise<void>((resolve) => {
      warm = resolve;
    });
    const over = (async () => {
      try {
        await this.#options.follow({ signal: controller.signal, warm });
        if (!controller.signal.aborted)
          throw new Error(`${this.name} follows no more, and nobody told it to stop`);
      } catch (error) {
        if (!controller.signal.aborted) broken(error);
      }
    })();
    this.#following = { controller, over };
    await untilAborted(isWarm, signal);
    this.#become('warm');
  }

  async #stopFollowing(): Promise<void> {
    const following = this.#following;
    this.#following = undefined;
    following?.controller.abort(new Error(`${this.#options.name} follows no more`));
    await following?.over;
  }

  /** One leadership, from its beginning to its end. When it was lost, it is warm again before it stands again. */
  async #act(leadership: HeldLeadership, signal: AbortSignal, warmUp: () => Promise<void>): Promise<void> {
    await this.#stopFollowing();
    using acting = linkSignals(signal, leadership.signal);
    // A signal that looks at the clock when it is read stays one: who stood still must not act on.
    const watchful = watchfulSignal(acting.signal, () => {
      if (leadership.signal.aborted) acting.abort(leadership.signal.reason);
    });
    if (!watchful.aborted) {
      this.#become('active');
      try {
        await this.#options.act({ signal: watchful, token: leadership.token });
      } catch (error) {
        // Who is told to stop fails as he likes.
        if (!acting.signal.aborted) throw error;
      } finally {
        this.#become('cold');
      }
    }
    if (leadership.signal.aborted && !signal.aborted) await warmUp();
  }

  #become(state: StandbyState): void {
    if (this.#state === state) return;
    this.#state = state;
    try {
      this.#options.onState?.(state);
    } catch (error) {
      this.#tell(`telling that ${this.name} is ${state}`, error);
    }
  }
}
