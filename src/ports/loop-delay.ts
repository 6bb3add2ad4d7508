/**
 * How late this process runs. While the event loop is blocked, no timer fires and no message is answered, so
 * the process cannot notice in time that its leases ran out. This port tells afterwards, at the first turn,
 * before other work: holders step down, detectors discount the time, overload is shed.
 *
 * A machine measures with a resolution: what it reports is never longer than the stall was, and shorter by the
 * resolution at most.
 */

export interface LoopDelay {
  /** The longest delay in milliseconds since the last call of this method; one that is still going on counts as far as it has come. */
  takeMaxMs(): number;

  /**
   * Calls `listener` at the first turn after a stall of at least `leastMs`, with the stall's length. The
   * listener hears of each stall once. Dispose of the result to stop listening.
   */
  onStall(leastMs: number, listener: (stallMs: number) => void): Disposable;

  /** Stops measuring and frees its timer. May be called twice. */
  close(): void;
}
