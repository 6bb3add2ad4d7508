/**
 * One call on its way through policies: what the task hears of it, and what policies need to end it early. Most calls
 * end well and never look at their signal, so nothing of it is made before somebody asks: a controller that listens to
 * another one costs several times what a policy does. Whether a call has been aborted is asked upwards, from child to
 * parent; a listener goes up only while somebody waits for an abort, and is gone when the wait is over.
 */
import { assert } from '../base/index.ts';
import type { Clock } from '../ports/index.ts';

/** What is shed first under load comes last. */
export type Priority = 'critical' | 'high' | 'normal' | 'low';

/** What a task is told of the call that it answers. */
export interface CallContext {
  /** Aborts when nobody waits for this answer any more. Hand it on to whatever the task waits for. Made when first read. */
  readonly signal: AbortSignal;
  /** 1 for the first try, 2 for the one after it. */
  readonly attempt: number;
  /** The time by the policies' monotonic clock at which the answer comes too late; `Infinity` where there is no limit. */
  readonly deadline: number;
  /** Milliseconds until then, never below 0. */
  readonly remainingMs: number;
  readonly idempotent: boolean;
  readonly priority: Priority;
  /** What keyed policies tell calls apart by. */
  readonly key: string | undefined;
  /** What the request says, in short: a second one with the same key must say the same. */
  readonly fingerprint: string | undefined;
}

export type Task<T> = (call: CallContext) => T | PromiseLike<T>;

/** What the caller said, valid for all tries. */
export interface CallTraits {
  readonly idempotent: boolean;
  readonly priority: Priority;
  readonly key: string | undefined;
  readonly fingerprint?: string | undefined;
}

/** Who waits for the end of a call: an object, because a hot path makes one anyway and a function would be one more. */
export interface AbortWatcher {
  onAbort(reason: unknown): void;
}

export const plainTraits: CallTraits = {
  idempotent: false,
  priority: 'normal',
  key: undefined,
  fingerprint: undefined,
};

export class Call implements CallContext {
  readonly clock: Clock;
  readonly attempt: number;
  readonly deadline: number;
  readonly traits: CallTraits;
  protected readonly outer: Call | undefined;
  #unsettled: Set<Promise<unknown>> | undefined;
  #own: AbortController | undefined;

  constructor(
    clock: Clock,
    traits: CallTraits = plainTraits,
    outer?: Call,
    attempt: number = outer?.attempt ?? 1,
    deadline: number = outer?.deadline ?? Number.POSITIVE_INFINITY,
  ) {
    this.clock = clock;
    this.traits = traits;
    this.attempt = attempt;
    this.deadline = deadline;
    this.outer = outer;
  }

  get idempotent(): boolean {
    return this.traits.idempotent;
  }

  get priority(): Priority {
    return this.traits.priority;
  }

  get key(): string | undefined {
    return this.traits.key;
  }

  get fingerprint(): string | undefined {
    return this.traits.fingerprint;
  }

  get remainingMs(): number {
    return Math.max(0, this.deadline - this.clock.now());
  }

  get signal(): AbortSignal {
    if (this.outer !== undefined) return this.outer.signal;
    // Nothing can abort it. One for each call all the same: listeners on a shared one would stay for ever.
    this.#own ??= new AbortController();
    return this.#own.signal;
  }

  get isAborted(): boolean {
    return this.outer?.isAborted ?? false;
  }

  /** Why it was aborted; only to be read then. */
  get reason(): unknown {
    return this.outer?.reason;
  }

  throwIfAborted(): void {
    if (this.isAborted) throw this.reason;
  }

  /** The same call, tried again: its signal and limits are this one's. */
  retried(attempt: number): Call {
    return new Call(this.clock, this.traits, this, attempt);
  }

  /** Tells `watcher` once, when the call is aborted; it must not be so yet. Take it away with `unwatch`. */
  watch(watcher: AbortWatcher): void {
    this.outer?.watch(watcher);
  }

  unwatch(watcher: AbortWatcher): void {
    this.outer?.unwatch(watcher);
  }

  /**
   * Says that `work` goes on although its policy has answered: whoever counts what really runs waits for it. All
   * outer calls hear of it; it is forgotten as soon as it settles. Its outcome is nobody's any more.
   */
  leaveBehind(work: Promise<unknown>): void {
    this.outer?.leaveBehind(work);
    this.#unsettled ??= new Set();
    const unsettled = this.#unsettled.add(work);
    const forget = (): void => void unsettled.delete(work);
    work.then(forget, forget);
  }

  /** Resolves when all that was left behind has settled; undefined while that is nothing. */
  whenSettled(): Promise<unknown> | undefined {
    const unsettled = this.#unsettled;
    return unsettled === undefined || unsettled.size === 0 ? undefined : Promise.allSettled(unsettled);
  }
}

/** A call that a policy may end for itself, without ending the one around it. `end` it when its answer is there. */
export class AbortableCall extends Call implements AbortWatcher {
  #abortion: { readonly reason: unknown } | undefined;
  #controller: AbortController | undefined;
  #watchers: Set<AbortWatcher> | undefined;
  #isOver = false;

  /** `deadline` can only be earlier than that of the call around it. */
  constructor(
    clock: Clock,
    traits: CallTraits,
    outer?: Call,
    deadline: number = Number.POSITIVE_INFINITY,
    attempt?: number,
  ) {
    super(clock, traits, outer, attempt, outer === undefined ? deadline : Math.min(deadline, outer.deadline));
  }

  override get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.isAborted) this.#controller.abort(this.reason);
      else if (!this.#isOver && this.#watchers === undefined) this.outer?.watch(this);
    }
    return this.#controller.signal;
  }

  override get isAborted(): boolean {
    return this.#abortion !== undefined || super.isAborted;
  }

  override get reason(): unknown {
    return this.#abortion === undefined ? super.reason : this.#abortion.reason;
  }

  /** The first reason stays. */
  abort(reason: unknown): void {
    if (this.#abortion !== undefined) return;
    this.#abortion = { reason };
    this.outer?.unwatch(this);
    this.#controller?.abort(reason);
    const watchers = this.#watchers;
    this.#watchers = undefined;
    for (const watcher of watchers ?? []) watcher.onAbort(reason);
  }

  /** What the call around it says when it is aborted. */
  onAbort(reason: unknown): void {
    this.abort(reason);
  }

  override watch(watcher: AbortWatcher): void {
    assert(!this.isAborted, 'whoever watches a call has looked before whether it is aborted');
    if (this.#watchers === undefined) {
      this.#watchers = new Set();
      if (this.#controller === undefined) this.outer?.watch(this);
    }
    this.#watchers.add(watcher);
  }

  override unwatch(watcher: AbortWatcher): void {
    const watchers = this.#watchers;
    if (watchers === undefined || !watchers.delete(watcher) || watchers.size > 0) return;
    this.#watchers = undefined;
    if (this.#controller === undefined) this.outer?.unwatch(this);
  }

  /** Its answer is there: nothing outside reaches it any more, so that it holds nothing and nothing holds it. */
  end(): void {
    this.#isOver = true;
    if (this.#controller !== undefined || this.#watchers !== undefined) this.outer?.unwatch(this);
  }
}
