/**
 * What went wrong where nobody waits: published on a channel of `node:diagnostics_channel`, for whoever in the process
 * wants to hear. Nothing there decides anything.
 */
import { channel } from 'node:diagnostics_channel';

export interface LifecycleProblem {
  /** What was tried, such as `stopping store`. */
  readonly what: string;
  readonly error: unknown;
}

export type TellProblem = (what: string, error: unknown) => void;

const problems = channel('quorate:lifecycle:problem');

export const tellProblem: TellProblem = (what, error) => {
  if (problems.hasSubscribers) problems.publish({ what, error } satisfies LifecycleProblem);
};
