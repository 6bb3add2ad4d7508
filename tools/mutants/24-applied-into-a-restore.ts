/** Entries behind a snapshot are applied while it is still being restored. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Entries behind a snapshot are applied while it is still being restored.',
  patches: [
    {
      file: 'src/node/group-host.ts',
      find: `      for (const entry of entries) this.#backlog.push(entry);
      return;
`,
      replace: '',
    },
  ],
  seenBy: 'test/node/group-host.test.ts',
};
