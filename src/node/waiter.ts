/**
 * Who waits for one answer, told by a call: exactly one of the two, once. On the way of a request through a node
 * there are no promises, because a promise a request costs more than the request.
 */
export interface Waiter {
  resolve(reply: Uint8Array): void;
  reject(reason: unknown): void;
  /** By the node's clock: from then on nobody waits any more. Absent: somebody waits as long as it takes. */
  readonly dueMs?: number;
}
