/** What the conformance suites of all ports say often. */
import assert from 'node:assert/strict';
import { type ErrorCode, isQuorateError, type QuorateError } from '../../src/base/index.ts';

/** Waits for the failure of `promise`, and gives it back for a closer look. */
export async function failsWith<Code extends ErrorCode>(
  code: Code,
  promise: Promise<unknown>,
): Promise<QuorateError<Code>> {
  const outcome: unknown = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  return expectCode(code, outcome);
}

/** The same for a call that throws. */
export function throwsWith<Code extends ErrorCode>(code: Code, call: () => unknown): QuorateError<Code> {
  let outcome: unknown;
  try {
    outcome = { value: call() };
  } catch (error) {
    outcome = { error };
  }
  return expectCode(code, outcome);
}

function expectCode<Code extends ErrorCode>(code: Code, outcome: unknown): QuorateError<Code> {
  const { error } = outcome as { readonly error?: unknown };
  assert.ok(isQuorateError(error), `expected ${code}, saw ${String(error ?? 'success')}`);
  assert.equal(error.code, code, error.message);
  return error as QuorateError<Code>;
}

/** Bytes that tell their own place: any cut, swap or repeat shows. */
export function patterned(length: number, seed = 0): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = (seed * 0x9e37_79b9 + 0x1234_5678) >>> 0;
  for (let index = 0; index < length; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

/** Compares without printing a megabyte of numbers when it fails. */
export function sameBytes(actual: Uint8Array, expected: Uint8Array, what: string): void {
  assert.equal(actual.length, expected.length, `${what}: length`);
  const differing = actual.findIndex((byte, index) => byte !== expected[index]);
  assert.equal(differing, -1, `${what}: first difference at ${differing}`);
}
