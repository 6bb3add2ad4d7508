/**
 * Carries calls through circuits: the shell that breakers of one circuit and of many have in common. A closed circuit
 * whose rule needs no time costs one await and a few comparisons; the clock is read where an outcome needs its time,
 * and where calls have to ask.
 */

import { QuorateError } from '../base/index.ts';
import type { Clock } from '../ports/index.ts';
import type { AbortWatcher, Call, Task } from './call.ts';
import type { Admission, Circuit, CircuitChange } from './circuit.ts';
import type { CircuitSettings } from './circuit-settings.ts';
import type { PolicyEvent } from './events.ts';
import { checkFunction } from './option-checks.ts';
import { started } from './started.ts';
import { saysNothing } from './upstream-failure.ts';

/** Which answers and errors of what is called count as failures. */
export interface FailureOptions {
  /**
   * Whether an error counts as a failure; one that does not is an answer, such as "not found", and counts as a
   * success. Not asked of errors that say nothing of what was called. Default: each does.
   */
  readonly failure?: (error: unknown) => boolean;
  /** Whether something that was answered counts as a failure all the same, such as a response of status 503. Default: never. */
  readonly failureResult?: (value: unknown) => boolean;
}

export function checkFailures({ failure, failureResult }: FailureOptions): void {
  checkFunction('failure', failure);
  checkFunction('failureResult', failureResult);
}

/** A circuit with its key; undefined for that of a breaker that has only one. */
export interface GuardedCircuit {
  readonly key: string | undefined;
  readonly circuit: Circuit;
}

export interface GuardOwner {
  readonly name: string;
  readonly clock: Clock;
  readonly tell: (event: () => PolicyEvent) => void;
  /** Hears of each change, after everybody who listens. */
  readonly onChange?: (key: string | undefined, change: CircuitChange) => void;
  /** So many own failures are enough at this moment, because of what others say; undefined where nobody says anything. */
  readonly enough?: (key: string | undefined, nowMs: number) => number | undefined;
}

export class CircuitGuard {
  readonly #owner: GuardOwner;
  #failure: ((error: unknown) => boolean) | undefined;
  #failureResult: ((value: unknown) => boolean) | undefined;
  #slowAfterMs: number | undefined;
  /** Nothing has to be known of a success but that it is one. */
  #isPlain = false;

  constructor(owner: GuardOwner, settings: CircuitSettings, failures: FailureOptions) {
    this.#owner = owner;
    this.configure(settings, failures);
  }

  configure({ rule, slowAfterMs }: CircuitSettings, { failure, failureResult }: FailureOptions): void {
    this.#failure = failure;
    this.#failureResult = failureResult;
    this.#slowAfterMs = slowAfterMs;
    const needsTime = rule.kind === 'time-window' || slowAfterMs !== undefined;
    this.#isPlain = !needsTime && failureResult === undefined;
  }

  run<T>(guarded: GuardedCircuit, task: Task<T>, call: Call): Promise<T> {
    const { circuit } = guarded;
    if (!circuit.passesFreely) return this.#runAdmitted(guarded, task, call);
    return this.#isPlain ? this.#runPlain(guarded, task, call) : this.#runFree(guarded, task, call);
  }

  /** Tells of a change that a person, or others, have made. */
  changed(guarded: GuardedCircuit, change: CircuitChange | undefined): void {
    if (change === undefined) return;
    const { name, tell, onChange } = this.#owner;
    tell(() => changeEvent(name, guarded.key, change));
    onChange?.(guarded.key, change);
  }

  /** Without an `async` function, which would cost about half as much again. */
  #runPlain<T>(guarded: GuardedCircuit, task: Task<T>, call: Call): Promise<T> {
    const { circuit } = guarded;
    const { ticket } = circuit;
    return started(task, call).then(
      (value) => {
        // No rule opens a circuit at a success that is not slow, so the time of it is not needed.
        circuit.succeed(ticket, false, 0);
        return value;
      },
      (error: unknown) => {
        this.#failed(guarded, ticket, error, call.isAborted, undefined);
        throw error;
      },
    );
  }

  async #runFree<T>(guarded: GuardedCircuit, task: Task<T>, call: Call): Promise<T> {
    const startedMs = this.#slowAfterMs === undefined ? undefined : this.#owner.clock.now();
    const { ticket } = guarded.circuit;
    let value: T;
    try {
      value = await task(call);
    } catch (error) {
      this.#failed(guarded, ticket, error, call.isAborted, startedMs);
      throw error;
    }
    this.#answered(guarded, ticket, value, startedMs);
    return value;
  }

  async #runAdmitted<T>(guarded: GuardedCircuit, task: Task<T>, call: Call): Promise<T> {
    const { circuit } = guarded;
    call.throwIfAborted();
    const startedMs = this.#owner.clock.now();
    const admission = circuit.admit(startedMs);
    if (!admission.passes) throw this.#refused(guarded, admission);
    const { ticket, change } = admission;
    const probe = new Probe(circuit, ticket);
    // Before anybody is told: who listens may give the call up.
    call.watch(probe);
    this.changed(guarded, change);
    let value: T;
    try {
      value = await task(call);
    } catch (error) {
      call.unwatch(probe);
      this.#failed(guarded, ticket, error, probe.isGivenUp, startedMs);
      throw error;
    }
    call.unwatch(probe);
    if (!probe.isGivenUp) this.#answered(guarded, ticket, value, startedMs);
    return value;
  }

  #answered(guarded: GuardedCircuit, ticket: number, value: unknown, startedMs: number | undefined): void {
    const isFailure = this.#judged(guarded.circuit, ticket, this.#failureResult, value, false);
    this.#note(guarded, ticket, isFailure, startedMs);
  }

  #failed(
    guarded: GuardedCircuit,
    ticket: number,
    error: unknown,
    isGivenUp: boolean,
    startedMs: number | undefined,
  ): void {
    const { circuit } = guarded;
    if (isGivenUp || saysNothing(error)) {
      circuit.withdraw(ticket);
      return;
    }
    this.#note(guarded, ticket, this.#judged(circuit, ticket, this.#failure, error, true), startedMs);
  }

  #note(guarded: GuardedCircuit, ticket: number, isFailure: boolean, startedMs: number | undefined): void {
    const { circuit, key } = guarded;
    const nowMs = this.#owner.clock.now();
    const isSlow = this.#isSlow(startedMs, nowMs);
    this.changed(
      guarded,
      isFailure
        ? circuit.fail(ticket, isSlow, nowMs, this.#owner.enough?.(key, nowMs))
        : circuit.succeed(ticket, isSlow, nowMs),
    );
  }

  /** What the caller's own function fails with is his, and the call says nothing then. */
  #judged(
    circuit: Circuit,
    ticket: number,
    judge: ((outcome: unknown) => boolean) | undefined,
    outcome: unknown,
    otherwise: boolean,
  ): boolean {
    if (judge === undefined) return otherwise;
    try {
      return judge(outcome);
    } catch (error) {
      circuit.withdraw(ticket);
      throw error;
    }
  }

  #isSlow(startedMs: number | undefined, nowMs: number): boolean {
    const afterMs = this.#slowAfterMs;
    return startedMs !== undefined && afterMs !== undefined && nowMs - startedMs >= afterMs;
  }

  #refused(
    { key }: GuardedCircuit,
    refusal: Admission & { readonly passes: false },
  ): QuorateError<'circuit-open'> {
    const { name, tell } = this.#owner;
    const { state, retryAfterMs } = refusal;
    tell(() => ({ type: 'refused', kind: 'breaker', policy: name, key, state, retryAfterMs }));
    const circuit = key === undefined ? name : `${name} ${key}`;
    return new QuorateError({
      code: 'circuit-open',
      message: `${circuit}: ${why(state, retryAfterMs)}`,
      data: { circuit, state, retryAfterMs },
    });
  }
}

/** A call that finds out whether a circuit may close: who gives it up gives its place back at once. */
class Probe implements AbortWatcher {
  isGivenUp = false;
  readonly #circuit: Circuit;
  readonly #ticket: number;

  constructor(circuit: Circuit, ticket: number) {
    this.#circuit = circuit;
    this.#ticket = ticket;
  }

  onAbort(): void {
    this.isGivenUp = true;
    this.#circuit.withdraw(this.#ticket);
  }
}

function why(state: 'open' | 'half-open' | 'isolated', retryAfterMs: number | null): string {
  switch (state) {
    case 'open':
      return `the circuit is open, and lets a call through in ${Math.ceil(retryAfterMs ?? 0)} ms; try again then, or answer without it`;
    case 'half-open':
      return 'the circuit is half-open, and as many probes are under way as it allows; try again shortly, or answer without it';
    case 'isolated':
      return 'the circuit was isolated by hand; reset it when calls may pass again';
  }
}

function changeEvent(policy: string, key: string | undefined, change: CircuitChange): PolicyEvent {
  const told = { kind: 'breaker', policy, key } as const;
  switch (change.to) {
    case 'open':
      return { ...told, type: 'opened', cause: change.cause, forMs: change.forMs };
    case 'half-open':
      return { ...told, type: 'half-opened' };
    default:
      return { ...told, type: change.to };
  }
}
