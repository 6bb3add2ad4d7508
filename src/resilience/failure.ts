/**
 * What an error says of itself: whether the call may be made again, whether it had an effect, and how long to wait.
 * Read by form and not by class, so that errors of other packages, of a second copy of this one, and plain objects
 * that came over a wire count as much; whatever is not of that form states nothing. One file reads it, so that a
 * retry, a hedge and a breaker never disagree about the same failure.
 */
import type { Outcome } from '../base/index.ts';

/** A field is missing where nothing was stated, or nothing that makes sense. */
export interface FailureStatement {
  readonly retryable?: boolean;
  readonly outcome?: Outcome;
  /** Not before this many milliseconds: a whole or broken number of at least 0. */
  readonly retryAfterMs?: number;
}

const nothing: FailureStatement = {};

/** What is known of errors that are somebody else's, and go through as they are. */
const statements = new WeakMap<object, FailureStatement>();

/** Says of `error` what is known where it was caught, instead of what it states itself. A primitive can carry nothing. */
export function state(error: unknown, statement: FailureStatement): void {
  if (typeof error === 'object' && error !== null) statements.set(error, statement);
}

/** Never throws, whatever was thrown. */
export function statedBy(error: unknown): FailureStatement {
  if (typeof error !== 'object' || error === null) return nothing;
  return statements.get(error) ?? statedByItself(error);
}

/** What `error` says, without what was stated of it where it was caught. */
export function statedByItself(error: unknown): FailureStatement {
  if (typeof error !== 'object' || error === null) return nothing;
  const retryable = field(error, 'retryable');
  const outcome = field(error, 'outcome');
  const retryAfterMs = waitOf(field(error, 'data')) ?? waitOf(error);
  return {
    ...(typeof retryable === 'boolean' && { retryable }),
    ...((outcome === 'not-applied' || outcome === 'unknown') && { outcome }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}

/** How far the causes of an error without a code are looked at: they may go round in a circle. */
const causesMax = 8;

/** The code of an error, or where it has none that of what caused it, as with `fetch`. Never throws. */
export function codeOf(error: unknown): unknown {
  let looked = error;
  for (let causes = 0; causes <= causesMax; causes += 1) {
    if (typeof looked !== 'object' || looked === null) return undefined;
    const code = field(looked, 'code');
    if (code !== undefined) return code;
    looked = field(looked, 'cause');
  }
  return undefined;
}

/** An endless wait is none that anybody could keep. */
function waitOf(holder: unknown): number | undefined {
  if (typeof holder !== 'object' || holder === null) return undefined;
  const waitMs = field(holder, 'retryAfterMs');
  return typeof waitMs === 'number' && waitMs >= 0 && Number.isFinite(waitMs) ? waitMs : undefined;
}

function field(holder: object, name: string): unknown {
  try {
    return (holder as Readonly<Record<string, unknown>>)[name];
  } catch {
    // A getter of somebody else's error: what it fails with would hide the failure that is looked at.
    return undefined;
  }
}
