/**
 * The one shape of all policies: something that carries out a task in its own way. `execute` is for callers and makes a
 * call; `run` is for the policy around it and goes on with the call that is there, so that deadline, signal and number
 * of the try reach the task through any number of them. A policy is a middleware with a promise of its own; the
 * alternative, compiling a stack into one loop of hooks, would save a promise for each policy, and nobody could write one
 * of their own.
 */
import type { Clock } from '../ports/index.ts';
import { Call, type Task } from './call.ts';
import { type PolicyEvent, PolicyEvents, type PolicyListener } from './events.ts';
import { type ExecuteOptions, executeWith } from './execution.ts';
import type { PolicyKind } from './policy-kind.ts';
import { sharedClock } from './shared-clock.ts';

/** What every policy takes. */
export interface PolicyOptions {
  /** What events, errors and metrics call it. Default: its kind. */
  readonly name?: string;
  /** Default: that of the runtime. All policies of one stack must have the same. */
  readonly clock?: Clock;
}

/** `Alternative` is what it may answer with beside what the task does: the value of a fallback, for one. */
export abstract class Policy<Kind extends PolicyKind = PolicyKind, Alternative = never> {
  /** One, or for a stack those of all policies in it. */
  readonly kinds: readonly Kind[];
  /** Never there: by it the compiler knows what a stack may answer with. */
  declare readonly alternative?: Alternative;
  readonly name: string;
  readonly clock: Clock;
  protected readonly events: PolicyEvents = new PolicyEvents();

  protected constructor(kinds: readonly Kind[], name: string, clock: Clock = sharedClock()) {
    this.kinds = kinds;
    this.name = name;
    this.clock = clock;
  }

  /** Carries `task` out for `call`, which another policy or `execute` has begun. A task that throws has rejected. */
  abstract run<T>(task: Task<T>, call: Call): Promise<T | Alternative>;

  execute<T>(task: Task<T>, options?: ExecuteOptions): Promise<T | Alternative> {
    if (options === undefined) return this.run(task, new Call(this.clock));
    return executeWith((call) => this.run(task, call), this.clock, options);
  }

  /** Tells `listener` what happens in this policy, and for a stack in all of it, until the returned function is called. */
  onEvent(listener: PolicyListener): () => void {
    return this.events.add(listener);
  }

  /** `event` is made only when somebody hears it. */
  protected tell(event: () => PolicyEvent): void {
    if (this.events.isHeard) this.events.tell(event());
  }
}
