/**
 * A circuit breaker: what fails is not called again before it has had time to recover, so that callers are answered at
 * once and it is not held down by them. It has no timer; the first call after its time is over is the probe.
 */
import { invalidOption } from '../base/index.ts';
import type { BreakerHints } from './breaker-hints.ts';
import type { Call, Task } from './call.ts';
import { Circuit, type CircuitStateName } from './circuit.ts';
import { type CircuitData, checkCircuitData } from './circuit-data.ts';
import {
  CircuitGuard,
  checkFailures,
  type FailureOptions,
  type GuardedCircuit,
  type GuardOwner,
} from './circuit-guard.ts';
import { type CircuitOptions, circuitSettings } from './circuit-settings.ts';
import { HintSeat, HintSharing, type ShareOptions } from './hint-sharing.ts';
import { Policy, type PolicyOptions } from './policy.ts';

export interface BreakerOptions extends PolicyOptions, CircuitOptions, FailureOptions {}

/** One circuit for all calls. */
export function breaker(options: BreakerOptions = {}): BreakerPolicy {
  return new BreakerPolicy(options);
}

export class BreakerPolicy extends Policy<'breaker'> {
  readonly #guard: CircuitGuard;
  readonly #guarded: GuardedCircuit;
  readonly #seat = new HintSeat();

  constructor(options: BreakerOptions) {
    super(['breaker'], options.name ?? 'breaker', options.clock);
    const settings = circuitSettings(options);
    checkFailures(options);
    const owner: GuardOwner = {
      name: this.name,
      clock: this.clock,
      tell: this.tell.bind(this),
      onChange: (key, change) => this.#seat.sharing?.tellOthers(key, change),
      enough: (key, nowMs) => this.#seat.sharing?.enough(key, nowMs),
    };
    this.#guarded = { key: undefined, circuit: new Circuit(settings, this.clock.now()) };
    this.#guard = new CircuitGuard(owner, settings, options);
  }

  override run<T>(task: Task<T>, call: Call): Promise<T> {
    return this.#guard.run(this.#guarded, task, call);
  }

  get state(): CircuitStateName {
    return this.#guarded.circuit.state;
  }

  /** By the policy's clock, when an open circuit lets its next probe through; undefined in any other state. */
  get probesAt(): number | undefined {
    return this.#guarded.circuit.probesAt;
  }

  /** Nothing passes until `reset` or `forceClosed`. */
  isolate(): void {
    this.#guard.changed(this.#guarded, this.#guarded.circuit.isolate());
  }

  /** Everything passes, whatever fails, until `reset` or `isolate`. */
  forceClosed(): void {
    this.#guard.changed(this.#guarded, this.#guarded.circuit.forceClosed());
  }

  /** As a new one. */
  reset(): void {
    this.#guard.changed(this.#guarded, this.#guarded.circuit.reset());
  }

  /** Plain JSON, for `restore` of a breaker in the next process. */
  export(): CircuitData {
    return this.#guarded.circuit.export(this.clock.now());
  }

  /** Goes on where another left off. Throws `invalid-option` for what no breaker has exported, and is as it was then. */
  restore(data: unknown): void {
    this.#guarded.circuit.restore(checkCircuitData(data), this.clock.now());
  }

  /** Goes by other options from now on, without forgetting what it knows. Name and clock stay. */
  configure(options: BreakerOptions): void {
    checkSame(this, options);
    const settings = circuitSettings(options);
    checkFailures(options);
    this.#guarded.circuit.configure(settings, this.clock.now());
    this.#guard.configure(settings, options);
  }

  /**
   * Tells others when it opens, and takes what they tell as a hint, until the returned function is called. One `hints`
   * at a time: another one takes the place of the one before.
   */
  share(hints: BreakerHints, options: ShareOptions = {}): () => void {
    const { name, clock } = this;
    const guarded = this.#guarded;
    const open = (): void => this.#guard.changed(guarded, guarded.circuit.openByQuorum(clock.now()));
    const owner = { name, clock, tell: this.tell.bind(this), open };
    return this.#seat.take(new HintSharing(owner, hints, options));
  }
}

/** A policy's name and clock are with others by now, so they cannot become different. */
export function checkSame(policy: Policy, { name, clock }: PolicyOptions): void {
  if (name !== undefined && name !== policy.name)
    throw invalidOption('name', name, `left as it is: ${policy.name}`);
  if (clock !== undefined && clock !== policy.clock) throw invalidOption('clock', clock, 'left as it is');
}
