/**
 * What each process did to registers, as columns of numbers: the form in which the search for a sequential
 * order reads a history. Values are numbered per key, so that one number says both.
 */
import type { HistoryKey, Operation, Scalar } from '../../history/index.ts';

/** No value is asked for, or none is written. */
export const noValue = -1;

export interface RegisterProgram {
  readonly operations: readonly Operation[];
  /** The steps of all processes, process by process; a step is a place in the columns below. */
  readonly count: number;
  readonly chainStarts: Int32Array;
  readonly operationOf: Int32Array;
  readonly keyOf: Int32Array;
  /** The value that a step must find, or `noValue`. */
  readonly finds: Int32Array;
  /** The value that a step must not find, or `noValue`: a refused swap. */
  readonly avoids: Int32Array;
  /** The value that a step leaves, or `noValue`. */
  readonly leaves: Int32Array;
  /** 1 for a step that need not happen; it is the last of its process. */
  readonly optional: Uint8Array;
  /** Per key: its initial value. */
  readonly initialValues: Int32Array;
  readonly valueCount: number;
}

export function buildProgram(operations: readonly Operation[], initial: Scalar): RegisterProgram {
  const numbers = new ValueNumbers(initial);
  const chains = new Map<number, Operation[]>();
  for (const operation of operations) {
    const { outcome, f, process } = operation;
    if (outcome === 'not-applied' || (outcome === 'unknown' && f === 'read')) continue;
    const chain = chains.get(process);
    if (chain === undefined) chains.set(process, [operation]);
    else chain.push(operation);
  }
  const steps = [...chains.values()].flat();
  const places = new Map(operations.map((operation, place) => [operation, place]));
  const chainStarts = new Int32Array(chains.size + 1);
  for (const [chain, { length }] of [...chains.values()].entries())
    chainStarts[chain + 1] = (chainStarts[chain] as number) + length;
  const column = (value: (operation: Operation) => number): Int32Array => Int32Array.from(steps, value);
  return {
    operations,
    count: steps.length,
    chainStarts,
    operationOf: column((operation) => places.get(operation) as number),
    keyOf: column(({ key }) => numbers.key(key as HistoryKey)),
    finds: column((operation) => numbers.found(operation)),
    avoids: column((operation) => numbers.avoided(operation)),
    leaves: column((operation) => numbers.left(operation)),
    optional: Uint8Array.from(steps, ({ outcome }) => (outcome === 'unknown' ? 1 : 0)),
    initialValues: Int32Array.from(numbers.initialValues),
    valueCount: numbers.count,
  };
}

class ValueNumbers {
  readonly initialValues: number[] = [];
  count = 0;
  readonly #initial: Scalar;
  readonly #keys = new Map<HistoryKey, number>();
  readonly #values: Map<Scalar, number>[] = [];

  constructor(initial: Scalar) {
    this.#initial = initial;
  }

  key(key: HistoryKey): number {
    let id = this.#keys.get(key);
    if (id !== undefined) return id;
    id = this.#keys.size;
    this.#keys.set(key, id);
    this.#values.push(new Map());
    this.initialValues.push(this.#value(key, this.#initial));
    return id;
  }

  found({ f, key, input, output }: Operation): number {
    if (f === 'read') return this.#value(key, output as Scalar);
    return f === 'cas' && output !== false ? this.#value(key, (input as readonly Scalar[])[0]) : noValue;
  }

  avoided({ f, key, input, output }: Operation): number {
    return f === 'cas' && output === false ? this.#value(key, (input as readonly Scalar[])[0]) : noValue;
  }

  left({ f, key, input, output }: Operation): number {
    if (f === 'write') return this.#value(key, input as Scalar);
    return f === 'cas' && output !== false ? this.#value(key, (input as readonly Scalar[])[1]) : noValue;
  }

  #value(key: HistoryKey | null, value: Scalar | undefined): number {
    const values = this.#values[this.key(key as HistoryKey)] as Map<Scalar, number>;
    const known = values.get(value as Scalar);
    if (known !== undefined) return known;
    values.set(value as Scalar, this.count);
    this.count += 1;
    return this.count - 1;
  }
}
