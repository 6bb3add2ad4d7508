/**
 * Functions of the user's own that judge what an instance answered. What such a function fails with is its user's error:
 * it says nothing of the instance, which is not blamed for it, and the call is not made again because of it. So it goes
 * through the policies in a cover of its own, and comes to its user as it was thrown.
 */
import { invalidOption } from '../../base/index.ts';
import type { FailureOptions } from '../../resilience/index.ts';

/** Its cause is as it was thrown. */
export class OwnFailure extends Error {
  override readonly name = 'OwnFailure';
  /** As retries and hedges read it. */
  readonly retryable = false;
}

/** Throws `invalid-option` for what is no function. */
export function coveredFailures({ failure, failureResult }: FailureOptions): FailureOptions {
  return {
    ...(failure !== undefined && { failure: covered('failure', failure) }),
    ...(failureResult !== undefined && { failureResult: covered('failureResult', failureResult) }),
  };
}

/** For who waits for the call. */
export function uncovered(error: unknown): unknown {
  return error instanceof OwnFailure ? error.cause : error;
}

type Judge = (outcome: unknown) => boolean;

function covered(option: string, judge: Judge): Judge {
  if (typeof judge !== 'function') throw invalidOption(option, judge, 'a function');
  return (outcome) => {
    try {
      return judge(outcome);
    } catch (error) {
      throw new OwnFailure('a function of the user has failed', { cause: error });
    }
  };
}
