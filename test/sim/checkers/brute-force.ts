/**
 * The judge of judges: tries every order of a tiny history that real time allows, with every choice of which
 * unknown operations took effect. No cleverness, no memory, nothing shared with what it judges but the model.
 */
import type { Model } from '../../../src/sim/checkers/index.ts';
import type { Operation } from '../../../src/sim/history/index.ts';

/** Whether some order of the operations, all on one key, explains every answer. */
export function bruteForceLinearizable<State>(
  model: Model<State>,
  operations: readonly Operation[],
): boolean {
  const left = operations.filter(({ outcome }) => outcome !== 'not-applied');
  return tryAll(model, model.initial(), left);
}

function tryAll<State>(model: Model<State>, state: State, left: readonly Operation[]): boolean {
  if (left.every(({ outcome }) => outcome === 'unknown')) return true;
  const firstEnd = Math.min(...left.map(({ completeAt }) => completeAt));
  return left.some((operation) => {
    if (operation.invokeAt > firstEnd) return false;
    const next = model.step(state, operation);
    return (
      next !== undefined &&
      tryAll(
        model,
        next,
        left.filter((other) => other !== operation),
      )
    );
  });
}
