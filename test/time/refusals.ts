/** What a refused call threw: its code, and its data where a test names them. */
import assert from 'node:assert/strict';
import { type ErrorCode, isQuorateError } from '../../src/base/index.ts';

export function refuses(call: () => unknown, code: ErrorCode, data?: unknown): void {
  assert.throws(call, (error) => {
    assert.ok(isQuorateError(error), String(error));
    assert.equal(error.code, code, error.message);
    if (data !== undefined) assert.deepEqual(error.data, data);
    return true;
  });
}
