/**
 * A question to all servers at once. It is decided when a majority has said yes, or none can any more; those that are
 * slow are not waited for, so one that stands still costs nothing.
 */
import type { QuorateError } from '../../../base/index.ts';
import type { Question, Vote, Voter } from './voter.ts';

export interface Verdict {
  readonly isGranted: boolean;
  /** How many said no, which are those where somebody else has it. */
  readonly refusals: number;
  /** Why the last of those that did not vote could not. */
  readonly trouble: QuorateError | undefined;
}

export function majorityOf(count: number): number {
  return Math.floor(count / 2) + 1;
}

export function poll(voters: readonly Voter[], question: Question): Promise<Verdict> {
  const needed = majorityOf(voters.length);
  const counts: Record<Vote, number> = { yes: 0, no: 0, absent: 0 };
  let trouble: QuorateError | undefined;
  const onTrouble = (error: QuorateError): void => {
    trouble = error;
  };
  return new Promise((resolve, reject) => {
    const count = (vote: Vote): void => {
      counts[vote] += 1;
      const isGranted = counts.yes >= needed;
      const isHopeless = counts.no + counts.absent > voters.length - needed;
      if (isGranted || isHopeless) resolve({ isGranted, refusals: counts.no, trouble });
    };
    for (const voter of voters) voter.ask(question, onTrouble).then(count, reject);
  });
}
