/**
 * How an adaptive limit moves: rules over what one window of calls has shown. A window and not a call, because a rule
 * that answers each timeout by giving way gives way for each of the calls that one slow moment has caught. Rules are
 * synchronous, take no time of their own, and are all the policy knows of how a limit is found.
 */

/** What one window of calls has shown. */
export interface LimitWindow {
  /** The mean time of the calls that were answered; not a number where all were dropped. */
  readonly meanMs: number;
  /** The most calls that ran at a time. */
  readonly runningMax: number;
  /** Whether the limit stood in anybody's way, or came near to it: what is not used teaches nothing about more. */
  readonly wasUsed: boolean;
  /** Calls that ended because somebody had too much to do. */
  readonly drops: number;
}

export interface LimitStrategy {
  /** The next limit, with fractions; the bounds are kept by whoever asks. Called once for each window, in order. */
  next(limit: number, window: LimitWindow): number;
}
