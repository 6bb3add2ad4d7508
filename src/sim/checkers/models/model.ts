/**
 * A model is an object that one client at a time could use: what each operation answers in each state. A
 * history is linearizable when some order of its operations, each within its own interval, makes the model
 * give the answers that were seen. Users of the package judge their own objects by writing one of these.
 */
import { QuorateError } from '../../../base/index.ts';
import { describeOperation, type HistoryFunction, type Operation } from '../../history/index.ts';

export interface Model<State> {
  /** In errors and stories. */
  readonly name: string;
  /** A history that holds any other function is refused. */
  readonly functions: readonly HistoryFunction[];
  /** Whether an operation's effect depends on who does it, as a lock's does. */
  readonly dependsOnProcess: boolean;
  initial(): State;
  /**
   * The state behind `operation`, or `undefined` when `state` does not allow its answer. An operation of
   * unknown outcome has no answer: the state behind it is the one it makes when it takes effect. Never changes
   * `state` itself.
   */
  step(state: State, operation: Operation): State | undefined;
  /**
   * Whether an operation, by its answer, changes nothing in any state that allows it: a read, a refused swap.
   * The search then never has to choose when it happens, which saves most of its work. Default: none does. A
   * write of the value that is there already is not of this kind: elsewhere it would change something.
   */
  onlyLooks?(operation: Operation): boolean;
  /** Equal for equal states and for no others. */
  identity(state: State): string | number | boolean | null;
  /** For stories: "holds 5". */
  show(state: State): string;
  /** Whether the operation's values are of the kind that this model knows. Default: all are. */
  fits?(operation: Operation): boolean;
  /**
   * Leaves out unknown operations that no answer can depend on: a valid order that has them is valid without
   * them. Each one left out halves the search. Default: leaves out none.
   */
  relevant?(operations: readonly Operation[]): readonly Operation[];
  /**
   * The same object with the knowledge of what one key's history holds: it may refuse an operation earlier, in a
   * state from which that history cannot be completed. `undefined`: nothing can be known. Default: the same.
   */
  withForesight?(operations: readonly Operation[]): Model<unknown> | undefined;
}

/** Refuses a history that `model` cannot judge with `unfit-history`. */
export function checkFit(
  model: Pick<Model<never>, 'name' | 'functions' | 'fits'>,
  operations: Iterable<Operation>,
): void {
  for (const operation of operations) {
    if (!model.functions.includes(operation.f)) {
      throw unfit(model.name, operation, `knows ${model.functions.join(', ')}, not ${operation.f}`);
    }
    if (model.fits?.(operation) === false) {
      throw unfit(model.name, operation, `cannot take the values of: ${describeOperation(operation)}`);
    }
  }
}

function unfit(model: string, operation: Operation, problem: string): QuorateError<'unfit-history'> {
  return new QuorateError({
    code: 'unfit-history',
    message: `model ${model} ${problem} (operation ${operation.index})`,
    data: { model, operation: operation.index, problem },
  });
}
