/** The errors of a membership, in words that say what to do. */
import { QuorateError } from '../base/index.ts';

/** `cause`: the failure by which it ended, if it did. */
export function memberClosed(id: string, cause: unknown): QuorateError<'closed'> {
  return new QuorateError({
    code: 'closed',
    message:
      cause === undefined
        ? `member ${id} has left or was closed; join again for a new one`
        : `member ${id} stopped by a failure, which is the cause of this error; join again for a new one`,
    data: { what: `member ${id}` },
    cause,
  });
}
