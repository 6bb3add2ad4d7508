/**
 * Who waits for one answer, told by a call: exactly one of the two, once. On the way of a request through a node
 * there are no promises, because a promise a request costs more than the request.
 */
export interface Waiter {
  /** The bytes are the state machine's, and are valid during this call: whoever keeps them copies them. */
  resolve(reply: Uint8Array): void;
  reject(reason: unknown): void;
  /** By the node's clock: from then on nobody waits any more. Absent: somebody waits as long as it takes. */
  readonly dueMs?: number;
}

/** For a promise, whose callers look at the reply later. */
export function keepingWaiter(
  resolve: (reply: Uint8Array) => void,
  reject: (reason: unknown) => void,
  dueMs: number = Number.POSITIVE_INFINITY,
): Waiter {
  return { resolve: (reply) => resolve(kept(reply)), reject, dueMs };
}

/** A copy of a reply. What a machine wrongly answers with stays what it is, for its caller to see. */
export function kept(reply: Uint8Array): Uint8Array {
  return reply instanceof Uint8Array ? new Uint8Array(reply) : reply;
}
