/**
 * What each function carries in `value`, as a table: the argument on `invoke`, the answer on `ok`. A failed or
 * unknown completion carries `null` or repeats the argument. Numbers outside the safe integers are refused,
 * because JSON has rounded them already and two values may have become one.
 */
import type { HistoryFunction, HistoryValue, MicroOperation, Scalar } from './event.ts';

interface ValueShape {
  /** In words, for errors. */
  readonly invokeIs: string;
  readonly okIs: string;
  invoke(value: unknown): boolean;
  ok(value: unknown, invoked: HistoryValue): boolean;
  /** The answer in the form that `Operation.output` promises. */
  output(value: HistoryValue): HistoryValue;
}

const acknowledged = (value: unknown, invoked: HistoryValue): boolean => value === null || value === invoked;
const isToken = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isWhole = (value: unknown): boolean => Number.isSafeInteger(value);
const nothing = (): null => null;
const same = (value: HistoryValue): HistoryValue => value;

export const valueShapes: Readonly<Record<HistoryFunction, ValueShape>> = {
  read: {
    invokeIs: 'null',
    okIs: 'a scalar or a list of scalars',
    invoke: (value) => value === null,
    ok: (value) => isScalar(value) || isScalarList(value),
    output: same,
  },
  write: {
    invokeIs: 'a scalar',
    okIs: 'null or the value written',
    invoke: isScalar,
    ok: acknowledged,
    output: nothing,
  },
  append: {
    invokeIs: 'a scalar other than null',
    okIs: 'null or the value appended',
    invoke: (value) => value !== null && isScalar(value),
    ok: acknowledged,
    output: nothing,
  },
  cas: {
    invokeIs: 'a pair [expected, new] of scalars',
    okIs: 'null, true or the same pair when it swapped, false when it saw another value',
    invoke: (value) => isScalarList(value) && value.length === 2,
    ok: (value, invoked) => value === null || typeof value === 'boolean' || sameValue(value, invoked),
    output: (value) => value !== false,
  },
  txn: {
    invokeIs: 'a list of ["append", key, scalar] and ["r", key, null]',
    okIs: 'the same steps, with a list of scalars or null in each read',
    invoke: (value) =>
      isTransaction(value) && value.every((step) => step[0] === 'append' || step[2] === null),
    ok: (value, invoked) => isTransaction(value) && sameSteps(value, invoked as readonly MicroOperation[]),
    output: same,
  },
  acquire: {
    invokeIs: 'null',
    okIs: 'a token (a whole number), null or true where there are no tokens, false when the lock was held',
    invoke: (value) => value === null,
    ok: (value) => value === null || typeof value === 'boolean' || isToken(value),
    output: (value) => value ?? true,
  },
  release: {
    invokeIs: 'the token (a whole number), or null',
    okIs: 'null, true or the same token, false when the lock was not held by this process',
    invoke: (value) => value === null || isToken(value),
    ok: (value, invoked) => typeof value === 'boolean' || acknowledged(value, invoked),
    output: (value) => value !== false,
  },
  add: {
    invokeIs: 'a whole number',
    okIs: 'the new value (a whole number), or null',
    invoke: isWhole,
    ok: (value) => value === null || isWhole(value),
    output: same,
  },
};

/** A value that a JSON line carries without loss and that compares by `===`. */
function isScalar(value: unknown): value is Scalar {
  if (typeof value === 'number')
    return Number.isFinite(value) && (Number.isSafeInteger(value) || !Number.isInteger(value));
  return value === null || typeof value === 'string' || typeof value === 'boolean';
}

/** A text, or a whole number. */
export function isHistoryKey(value: unknown): boolean {
  return typeof value === 'string' || Number.isSafeInteger(value);
}

/** Whether a failed or unknown completion repeats its argument. */
export function sameValue(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false;
  return left.every((element, index) => sameValue(element, right[index]));
}

function isScalarList(value: unknown): value is readonly Scalar[] {
  return Array.isArray(value) && value.every(isScalar);
}

function isTransaction(value: unknown): value is readonly MicroOperation[] {
  return Array.isArray(value) && value.every(isMicroOperation);
}

function isMicroOperation(step: unknown): boolean {
  if (!Array.isArray(step) || step.length !== 3 || !isHistoryKey(step[1])) return false;
  if (step[0] === 'append') return step[2] !== null && isScalar(step[2]);
  return step[0] === 'r' && (step[2] === null || isScalarList(step[2]));
}

function sameSteps(steps: readonly MicroOperation[], invoked: readonly MicroOperation[]): boolean {
  if (steps.length !== invoked.length) return false;
  return steps.every((step, index) => {
    const asked = invoked[index] as MicroOperation;
    return step[0] === asked[0] && step[1] === asked[1] && (step[0] === 'r' || step[2] === asked[2]);
  });
}
