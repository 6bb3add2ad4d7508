/**
 * Assertions state what must hold. A failed one means that this program is wrong, so the node that meets it
 * stops: state it no longer understands must not be written or sent. What the outside world may do wrong
 * (a full disk, a strange message, a bad option) is a `QuorateError` value instead, never an assertion.
 */

/** Thrown by a failed assertion. Nothing but a node's outermost loop and tests may catch it. */
export class AssertionFailure extends Error {
  override readonly name = 'AssertionFailure';
}

/** Stops the node with `message` unless `condition` holds. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) fail(message);
}

/**
 * The same for hot paths: the message is put together only when the rule is broken. Two numbers in a text cost
 * some thirty nanoseconds, the comparison itself four.
 */
export function assertFigures(
  condition: boolean,
  rule: string,
  found: number,
  against: number,
): asserts condition {
  if (!condition) fail(`${rule}: ${found} against ${against}`);
}

/** Marks a branch that the types say cannot be taken; `value` names what arrived there all the same. */
export function unreachable(value: never): never {
  return fail(`reached a case that the types rule out: ${String(value)}`);
}

function fail(message: string): never {
  throw new AssertionFailure(`assertion failed: ${message}`);
}
