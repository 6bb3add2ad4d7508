/**
 * Calls of one key share one execution while it is under way: a hundred that ask for the same at once are one call of
 * whatever answers. Each keeps its own signal and deadline; the shared work has neither, so limits that are meant for
 * it stand inside. An answer goes to all by reference, and so does a failure; nothing is kept.
 */
import type { Call, CallContext, Task } from './call.ts';
import { type KeyChoice, keyChooser } from './call-key.ts';
import { Flights } from './flights.ts';
import { wholeOf } from './option-checks.ts';
import { Policy, type PolicyOptions } from './policy.ts';

export interface SingleFlightOptions extends PolicyOptions {
  /** Default: the key of the call. A call without one is carried out by itself. */
  readonly key?: KeyChoice;
  /** Most keys under way; a call of one more is carried out by itself. Default 10,000. */
  readonly keysMax?: number;
}

const keysMaxDefault = 10_000;

export function singleFlight(options: SingleFlightOptions = {}): SingleFlightPolicy {
  return new SingleFlightPolicy(options);
}

export class SingleFlightPolicy extends Policy<'single-flight'> {
  readonly #flights: Flights;
  #keyOf: (call: CallContext) => string | undefined;

  constructor(options: SingleFlightOptions) {
    super(['single-flight'], options.name ?? 'single-flight', options.clock);
    const { keysMax = keysMaxDefault, key } = options;
    this.#keyOf = keyChooser(key);
    this.#flights = new Flights(this.clock, wholeOf('keysMax', keysMax, 1));
  }

  /** What is under way goes on. */
  configure({ key, keysMax = keysMaxDefault }: Omit<SingleFlightOptions, keyof PolicyOptions>): void {
    const keyOf = keyChooser(key);
    this.#flights.keysMax = wholeOf('keysMax', keysMax, 1);
    this.#keyOf = keyOf;
  }

  override async run<T>(task: Task<T>, call: Call): Promise<T> {
    const key = this.#keyOf(call);
    if (key === undefined) return await task(call);
    const isKnown = this.#flights.has(key);
    if (!isKnown && this.#flights.isFull) {
      this.tell(() => ({ type: 'flight-unshared', kind: 'single-flight', policy: this.name, key }));
      return await task(call);
    }
    if (isKnown) this.tell(() => ({ type: 'flight-joined', kind: 'single-flight', policy: this.name, key }));
    return await this.#flights.join(key, task, call);
  }
}
