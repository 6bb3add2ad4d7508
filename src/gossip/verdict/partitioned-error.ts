/** What users of a side that gave way are told. */
import { QuorateError } from '../../base/index.ts';

export function partitioned(
  what: string,
  strategy: string,
  { alive, known }: { readonly alive: number; readonly known: number },
): QuorateError<'partitioned'> {
  return new QuorateError({
    code: 'partitioned',
    message: `this member may not ${what}: it sees ${alive} of ${known} members, and by ${strategy} another side goes on, if any; ask a member of that side, or wait until the partition is healed`,
    data: { strategy, alive, known },
  });
}
