/** Numbers the states of a model, so that the search compares and stores numbers. */
import type { Operation } from '../../history/index.ts';
import type { Model } from '../models/index.ts';

/** The state does not allow the answer. */
export const refused = -1;

export class StateTable<State> {
  readonly #model: Model<State>;
  readonly #states: State[] = [];
  readonly #ids = new Map<string | number | boolean | null, number>();

  constructor(model: Model<State>) {
    this.#model = model;
  }

  initial(): number {
    return this.#number(this.#model.initial());
  }

  state(id: number): State {
    return this.#states[id] as State;
  }

  /** The state behind `operation`, or `refused`; the same number when nothing changes. */
  step(id: number, operation: Operation): number {
    const state = this.#states[id] as State;
    const next = this.#model.step(state, operation);
    if (next === undefined) return refused;
    return next === state ? id : this.#number(next);
  }

  #number(state: State): number {
    const identity = this.#model.identity(state);
    const known = this.#ids.get(identity);
    if (known !== undefined) return known;
    const id = this.#states.length;
    this.#states.push(state);
    this.#ids.set(identity, id);
    return id;
  }
}
