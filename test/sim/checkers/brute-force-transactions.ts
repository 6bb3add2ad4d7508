/**
 * Judges of judges for transactions over lists: every order of the committed transactions, with every choice
 * of which unknown ones took effect, is executed and compared with what was read.
 */
import type { HistoryKey, MicroOperation, Operation, Scalar } from '../../../src/sim/history/index.ts';

type State = ReadonlyMap<HistoryKey, readonly Scalar[]>;
type Before = (earlier: Operation, later: Operation) => boolean;

export const anyOrder: Before = () => false;
export const processOrder: Before = (earlier, later) =>
  earlier.process === later.process && earlier.invokeAt < later.invokeAt;
export const realTimeOrder: Before = (earlier, later) => earlier.completeAt < later.invokeAt;

/** One after the other, in an order that keeps `before`. */
export function bruteForceSerializable(operations: readonly Operation[], before: Before): boolean {
  const left = operations.filter(({ outcome }) => outcome !== 'not-applied');
  return someSerial(left, new Map(), before);
}

function someSerial(left: readonly Operation[], state: State, before: Before): boolean {
  if (left.every(({ outcome }) => outcome === 'unknown')) return true;
  return left.some((next) => {
    if (left.some((other) => other !== next && other.outcome === 'applied' && before(other, next)))
      return false;
    const after = execute(next, state, state);
    return (
      after !== undefined &&
      someSerial(
        left.filter((other) => other !== next),
        after,
        before,
      )
    );
  });
}

/**
 * Snapshot isolation by its definition (Berenson et al. 1995), without real time: each transaction takes a
 * snapshot at one moment and commits at a later one, unless another has committed to its keys in between.
 */
export function bruteForceSnapshotIsolation(operations: readonly Operation[]): boolean {
  const left = operations.filter(({ outcome }) => outcome !== 'not-applied');
  return someSchedule({ left, open: [], state: new Map(), versions: new Map() });
}

interface Moment {
  readonly left: readonly Operation[];
  readonly open: readonly {
    readonly operation: Operation;
    readonly state: State;
    readonly versions: State;
  }[];
  readonly state: State;
  readonly versions: State;
}

function someSchedule({ left, open, state }: Moment): boolean {
  if (open.length === 0 && left.every(({ outcome }) => outcome === 'unknown')) return true;
  const commits = open.some((transaction) => {
    const { operation } = transaction;
    const written = steps(operation).filter(([kind]) => kind === 'append');
    if (written.some(([, key]) => state.get(key) !== transaction.state.get(key))) return false;
    const after = execute(operation, transaction.state, state);
    if (after === undefined) return false;
    return someSchedule({
      left,
      open: open.filter((other) => other !== transaction),
      state: after,
      versions: after,
    });
  });
  if (commits) return true;
  return left.some((operation) =>
    someSchedule({
      left: left.filter((other) => other !== operation),
      open: [...open, { operation, state, versions: state }],
      state,
      versions: state,
    }),
  );
}

function steps({ input, output, outcome }: Operation): readonly MicroOperation[] {
  return (outcome === 'applied' ? output : input) as readonly MicroOperation[];
}

/** The state behind a transaction that reads from `snapshot`, or `undefined` where it saw something else. */
function execute(operation: Operation, snapshot: State, state: State): State | undefined {
  const after = new Map(state);
  const seen = new Map(snapshot);
  for (const [kind, key, value] of steps(operation)) {
    if (kind === 'append') {
      after.set(key, [...(after.get(key) ?? []), value]);
      seen.set(key, [...(seen.get(key) ?? []), value]);
    } else if (
      operation.outcome === 'applied' &&
      JSON.stringify(seen.get(key) ?? []) !== JSON.stringify(value ?? [])
    )
      return undefined;
  }
  return after;
}
