/** A register: read, write, and compare-and-swap. It begins with nothing in it, unless told otherwise. */
import { type Operation, type Scalar, valueText } from '../../history/index.ts';
import type { Model } from './model.ts';

export function registerModel(initial: Scalar = null): Model<Scalar> {
  return {
    name: 'register',
    functions: ['read', 'write', 'cas'],
    dependsOnProcess: false,
    initial: () => initial,
    step: stepRegister,
    onlyLooks: ({ f, input, output }) => f === 'read' || (f === 'cas' && (output === false || isIdle(input))),
    identity: (value) => value,
    show: (value) => `holds ${valueText(value)}`,
    fits: ({ f, output }) => f !== 'read' || !Array.isArray(output),
    relevant: relevantToRegister,
  };
}

function stepRegister(value: Scalar, { f, input, output, outcome }: Operation): Scalar | undefined {
  switch (f) {
    case 'read':
      return output === value || outcome === 'unknown' ? value : undefined;
    case 'write':
      return input as Scalar;
    case 'cas': {
      const [expected, next] = input as readonly [Scalar, Scalar];
      if (output === false) return value === expected ? undefined : value;
      return value === expected ? next : undefined;
    }
    default:
      return undefined;
  }
}

/** A swap of a value for itself. */
function isIdle(input: Operation['input']): boolean {
  const [expected, next] = input as readonly [Scalar, Scalar];
  return expected === next;
}

/**
 * An unknown write whose value nobody asks for can be taken out of any valid order: what follows it sees
 * another value that it does not ask for either. Only a refused cas, which asks for "any other value", could
 * tell the difference, so one of those keeps all.
 */
function relevantToRegister(operations: readonly Operation[]): readonly Operation[] {
  const asked = new Set<unknown>();
  let refusals = 0;
  for (const { f, input, output, outcome } of operations) {
    if (f === 'read' && outcome === 'applied') asked.add(output);
    if (f === 'cas') asked.add((input as readonly Scalar[])[0]);
    if (f === 'cas' && output === false) refusals += 1;
  }
  return operations.filter(({ f, input, outcome }) => {
    if (outcome !== 'unknown') return true;
    if (f === 'read') return false;
    return refusals > 0 || asked.has(f === 'cas' ? (input as readonly Scalar[])[1] : input);
  });
}
