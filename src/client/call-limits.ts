/** How a call is ended before its answer is there: by its caller, or by time. */
import { type Duration, durationMs } from '../base/index.ts';

export interface CallLimits {
  readonly signal?: AbortSignal;
  /** How long the call may take, with all its tries. Default: the `timeout` with which the store was connected. */
  readonly deadline?: Duration;
}

/** As the client below takes them. */
export function limitsOf({ signal, deadline }: CallLimits): {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
} {
  return {
    ...(signal === undefined ? {} : { signal }),
    ...(deadline === undefined ? {} : { timeoutMs: durationMs(deadline, 'deadline') }),
  };
}
