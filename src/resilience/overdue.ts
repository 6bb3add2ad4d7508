/** What a call hears whose time was over when its turn came: it is not begun, because nobody waits for it any more. */
import { QuorateError } from '../base/index.ts';

export function overdue(policy: string): QuorateError<'deadline-exceeded'> {
  return new QuorateError({
    code: 'deadline-exceeded',
    message: `${policy}: the time of the call was over when its turn came, and it was not begun; allow more time`,
    data: { milliseconds: 0 },
    outcome: 'not-applied',
  });
}
