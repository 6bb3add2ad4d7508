/**
 * A queue that knows who will take what. Two appends under way together may stand in either order, and only
 * the takes, perhaps much later, tell which one it was; a search that guesses wrong would find out too late to
 * try again. With values that all differ, the wrong guess shows at the append itself:
 *
 *   - an element cannot be appended while another, whose take ends before its own begins, is still to come;
 *   - an element that nobody is known to take, appended before one that is taken, needs one of the takes
 *     whose answers were lost, and there are only so many of those;
 *   - a take whose answer was lost did not take what another is known to have taken.
 */
import type { Operation, Scalar } from '../../history/index.ts';
import type { Model } from './model.ts';
import { type Elements, stepQueue } from './queue-step.ts';

interface ForeseenState {
  readonly elements: Elements;
  /** Place in the order of takes of the first element that is still to be appended. */
  readonly frontier: number;
  /** Places behind the frontier whose elements were appended already, rising. */
  readonly ahead: readonly number[];
  /** Elements without a known take that stand, or stood, before one with. */
  readonly unclaimed: number;
}

/** `undefined` where a value was appended twice: then nobody knows which one was taken. */
export function foreseenQueue(
  base: Model<Elements>,
  operations: readonly Operation[],
): Model<unknown> | undefined {
  const appends = operations.filter(({ f }) => f === 'append');
  if (new Set(appends.map(({ input }) => input)).size < appends.length) return undefined;
  const foresight = new Foresight(operations);
  const model: Model<ForeseenState> = {
    name: base.name,
    functions: base.functions,
    dependsOnProcess: false,
    initial: () => ({ elements: base.initial(), frontier: 0, ahead: [], unclaimed: 0 }),
    step: (state, operation) => foresight.step(state, operation),
    onlyLooks: (operation) => base.onlyLooks?.(operation) ?? false,
    identity: (state) => JSON.stringify(Object.values(state)),
    show: ({ elements }) => base.show(elements),
  };
  return model;
}

class Foresight {
  /** The known takes, by when they ended. */
  readonly #takes: readonly Operation[];
  readonly #places: ReadonlyMap<Scalar, number>;
  /** Takes whose answers were lost, as far as they can have made way for a known one. */
  readonly #lostTakes: number;

  constructor(operations: readonly Operation[]) {
    const takes = operations.filter(({ f, output }) => f === 'acquire' && typeof output === 'number');
    this.#takes = takes.sort((left, right) => left.completeAt - right.completeAt);
    this.#places = new Map(this.#takes.map(({ output }, place) => [output as Scalar, place]));
    const lastEnd = this.#takes.at(-1)?.completeAt ?? 0;
    this.#lostTakes = operations.filter(
      ({ f, outcome, invokeAt }) => f === 'acquire' && outcome === 'unknown' && invokeAt < lastEnd,
    ).length;
  }

  step(state: ForeseenState, operation: Operation): ForeseenState | undefined {
    const { f, input, outcome } = operation;
    const head = state.elements[0];
    if (f === 'acquire' && outcome === 'unknown' && head !== undefined && this.#places.has(head))
      return undefined;
    const elements = stepQueue(state.elements, operation);
    if (elements === undefined || elements === state.elements) return elements && state;
    return f === 'append' ? this.#append(state, elements, input as Scalar) : { ...state, elements };
  }

  #append(state: ForeseenState, elements: Elements, value: Scalar): ForeseenState | undefined {
    const { frontier, ahead, unclaimed } = state;
    const place = this.#places.get(value);
    const next = this.#takes[frontier];
    if (place === undefined) {
      const claims = next === undefined ? unclaimed : unclaimed + 1;
      return claims > this.#lostTakes ? undefined : { ...state, elements, unclaimed: claims };
    }
    if (place === frontier) return { ...state, elements, ...advance(frontier + 1, ahead) };
    const take = this.#takes[place] as Operation;
    if (next !== undefined && next.completeAt < take.invokeAt) return undefined;
    return { ...state, elements, ahead: [...ahead, place].sort((left, right) => left - right) };
  }
}

function advance(from: number, ahead: readonly number[]): Pick<ForeseenState, 'frontier' | 'ahead'> {
  let passed = 0;
  while (ahead[passed] === from + passed) passed += 1;
  return { frontier: from + passed, ahead: ahead.slice(passed) };
}
