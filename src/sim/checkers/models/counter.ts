/** A counter: `add` answers the new value where it tells one, `read` the value. It begins at 0, unless told otherwise. */
import type { Operation } from '../../history/index.ts';
import type { Model } from './model.ts';

export function counterModel(initial = 0): Model<number> {
  return {
    name: 'counter',
    functions: ['add', 'read'],
    dependsOnProcess: false,
    initial: () => initial,
    step: stepCounter,
    onlyLooks: ({ f, input }) => f === 'read' || input === 0,
    identity: (value) => value,
    show: (value) => `stands at ${value}`,
    fits: ({ f, output, outcome }) => f !== 'read' || outcome !== 'applied' || typeof output === 'number',
    relevant: (operations) => operations.filter(({ f, outcome }) => outcome !== 'unknown' || f !== 'read'),
  };
}

function stepCounter(value: number, { f, input, output, outcome }: Operation): number | undefined {
  if (f === 'read') return output === value || outcome === 'unknown' ? value : undefined;
  const sum = value + (input as number);
  return output === null || output === sum ? sum : undefined;
}
