/**
 * What went wrong where nobody waits: published on a channel of `node:diagnostics_channel`, for whoever in the process
 * wants to hear. Nothing there decides anything; an item that could not be removed vanishes with its session.
 */
import { channel } from 'node:diagnostics_channel';

export interface RecipeProblem {
  /** What was tried, such as `leaving lock orders`. */
  readonly what: string;
  readonly error: unknown;
}

const problems = channel('quorate:recipes:problem');

export function tellProblem(what: string, error: unknown): void {
  if (problems.hasSubscribers) problems.publish({ what, error } satisfies RecipeProblem);
}
