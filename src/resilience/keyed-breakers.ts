/**
 * A circuit for each key, such as an upstream or one of its hosts: one that fails takes nothing from the others. They
 * share rules, events and clock, and none has a timer. Memory is bounded: beyond `keysMax` the least recently used goes,
 * one that has seen no failure before one that is open.
 */
import { invalidOption } from '../base/index.ts';
import { checkSame } from './breaker.ts';
import type { BreakerHints } from './breaker-hints.ts';
import type { Call, CallContext, Task } from './call.ts';
import { Circuit, type CircuitChange, type CircuitStateName } from './circuit.ts';
import { type CircuitData, checkCircuitData } from './circuit-data.ts';
import {
  CircuitGuard,
  checkFailures,
  type FailureOptions,
  type GuardedCircuit,
  type GuardOwner,
} from './circuit-guard.ts';
import { type CircuitOptions, type CircuitSettings, circuitSettings } from './circuit-settings.ts';
import { HintSeat, HintSharing, type ShareOptions } from './hint-sharing.ts';
import { KeyedStates } from './keyed.ts';
import { checkFunction, checkRecord } from './option-checks.ts';
import { Policy, type PolicyOptions } from './policy.ts';

export interface KeyedBreakersOptions extends PolicyOptions, CircuitOptions, FailureOptions {
  /** Which circuit a call goes through. Default: its own key. */
  readonly key?: (call: CallContext) => string | undefined;
  /** How many circuits are remembered. Default 10,000. */
  readonly keysMax?: number;
}

/** By key; a circuit that knows no more than a new one is left out. */
export type KeyedBreakersData = Readonly<Record<string, CircuitData>>;

const keysMaxDefault = 10_000;

export function keyedBreakers(options: KeyedBreakersOptions = {}): KeyedBreakersPolicy {
  return new KeyedBreakersPolicy(options);
}

export class KeyedBreakersPolicy extends Policy<'breaker'> {
  readonly #guard: CircuitGuard;
  readonly #circuits: KeyedStates<GuardedCircuit>;
  readonly #seat = new HintSeat();
  #settings: CircuitSettings;
  #keyOf: (call: CallContext) => string | undefined;

  constructor(options: KeyedBreakersOptions) {
    super(['breaker'], options.name ?? 'breaker', options.clock);
    this.#settings = circuitSettings(options);
    checkFunctions(options);
    this.#keyOf = options.key ?? ownKey;
    const { name, clock } = this;
    const owner: GuardOwner = {
      name,
      clock,
      tell: this.tell.bind(this),
      onChange: (key, change) => this.#seat.sharing?.tellOthers(key, change),
      enough: (key, nowMs) => this.#seat.sharing?.enough(key, nowMs),
    };
    this.#guard = new CircuitGuard(owner, this.#settings, options);
    this.#circuits = new KeyedStates<GuardedCircuit>({
      keysMax: options.keysMax ?? keysMaxDefault,
      make: (key) => ({ key, circuit: new Circuit(this.#settings, clock.now()) }),
      isIdle: ({ circuit }) => circuit.isIdle(clock.now()),
      onEvicted: (key, { circuit: { state } }) => {
        this.tell(() => ({ type: 'evicted', kind: 'breaker', policy: name, key, state }));
        this.#seat.sharing?.forget(key);
      },
    });
  }

  /** Rejects a call without a key: one circuit for all of those would let a failure of one upstream stop the others. */
  override run<T>(task: Task<T>, call: Call): Promise<T> {
    let guarded: GuardedCircuit;
    try {
      guarded = this.#circuits.of(this.#checkedKey(call));
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#guard.run(guarded, task, call);
  }

  /** Circuits that are remembered. */
  get size(): number {
    return this.#circuits.size;
  }

  /** Of a key that is not remembered: closed. */
  stateOf(key: string): CircuitStateName {
    return this.#circuits.peek(key)?.circuit.state ?? 'closed';
  }

  /** By the policy's clock, when the open circuit of `key` lets its next probe through; undefined in any other state. */
  probesAt(key: string): number | undefined {
    return this.#circuits.peek(key)?.circuit.probesAt;
  }

  /** Nothing passes with this key until `reset` or `forceClosed`, for as long as the key is remembered. */
  isolate(key: string): void {
    this.#order(key, (circuit) => circuit.isolate());
  }

  /** Everything passes with this key until `reset` or `isolate`, for as long as the key is remembered. */
  forceClosed(key: string): void {
    this.#order(key, (circuit) => circuit.forceClosed());
  }

  reset(key: string): void {
    const guarded = this.#circuits.peek(key);
    if (guarded !== undefined) this.#guard.changed(guarded, guarded.circuit.reset());
  }

  export(): KeyedBreakersData {
    const nowMs = this.clock.now();
    const known = [...this.#circuits.entries()].filter(([, { circuit }]) => !circuit.isIdle(nowMs));
    return Object.fromEntries(known.map(([key, { circuit }]) => [key, circuit.export(nowMs)]));
  }

  /** Adds what another has exported to what is here. Throws `invalid-option` for what none has, and is as it was then. */
  restore(data: unknown): void {
    checkRecord('data', data, 'what keyed breakers have exported');
    const states = Object.entries(data as object).map(([key, one]) => [key, checkCircuitData(one)] as const);
    const nowMs = this.clock.now();
    for (const [key, state] of states) this.#circuits.of(key).circuit.restore(state, nowMs);
  }

  /** Goes by other options from now on, without forgetting what it knows. Name and clock stay. */
  configure(options: KeyedBreakersOptions): void {
    checkSame(this, options);
    const settings = circuitSettings(options);
    checkFunctions(options);
    this.#circuits.resize(options.keysMax ?? keysMaxDefault);
    this.#settings = settings;
    this.#keyOf = options.key ?? ownKey;
    const nowMs = this.clock.now();
    for (const [, { circuit }] of this.#circuits.entries()) circuit.configure(settings, nowMs);
    this.#guard.configure(settings, options);
  }

  /**
   * As that of one breaker, for each key. A quorum opens circuits that are remembered here; whoever comes to a key later
   * has the hint.
   */
  share(hints: BreakerHints, options: ShareOptions = {}): () => void {
    const { name, clock } = this;
    const open = (key: string | undefined): void => {
      const guarded = key === undefined ? undefined : this.#circuits.peek(key);
      if (guarded !== undefined) this.#guard.changed(guarded, guarded.circuit.openByQuorum(clock.now()));
    };
    const owner = { name, clock, tell: this.tell.bind(this), open };
    return this.#seat.take(new HintSharing(owner, hints, options));
  }

  #order(key: string, order: (circuit: Circuit) => CircuitChange | undefined): void {
    const guarded = this.#circuits.of(key);
    this.#guard.changed(guarded, order(guarded.circuit));
  }

  #checkedKey(call: Call): string {
    const key = this.#keyOf(call);
    if (typeof key === 'string') return key;
    throw invalidOption(
      'key',
      key,
      `a text: ${this.name} has a circuit for each; give execute a key, or keyedBreakers a function that tells it`,
    );
  }
}

function checkFunctions(options: KeyedBreakersOptions): void {
  checkFailures(options);
  checkFunction('key', options.key);
}

function ownKey({ key }: CallContext): string | undefined {
  return key;
}
