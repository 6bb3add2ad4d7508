/** Whoever looks again behind a watch is answered by whichever node comes next, however old its state is. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A listing since a mark is answered by a node that has not come to the mark.',
  patches: [
    {
      file: 'src/engines/quorate/listing.ts',
      find: "    const lists = await store.lists(queries, { ...call, consistency: 'session' });\n    if ((lists[0]?.revision ?? 0) >= Number(since)) return",
      replace:
        "    const lists = await store.lists(queries, { ...call, consistency: 'stale' });\n    if (lists.length > 0) return",
    },
  ],
  seenBy: 'test/engines/quorate-since.test.ts',
};
