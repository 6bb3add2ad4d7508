/** A removed member is dropped at once, never learns of it, and campaigns. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A removed member is dropped at once, never learns of it, and campaigns.',
  patches: [
    {
      file: 'src/raft/leader-members.ts',
      find: '    progress.departure = { index, ticksLeft: state.settings.electionTicksMax };',
      replace: '    role.progress.delete(progress.member);',
    },
  ],
  seenBy: 'test/raft/removal.test.ts',
};
