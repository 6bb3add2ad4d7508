/** A snapshot is restored before the log knows of it durably; a crash leaves a state machine ahead of its log. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A snapshot is restored before the log knows of it durably; a crash leaves a state machine ahead of its log.',
  patches: [
    {
      file: 'src/raft/raft-group.ts',
      find: '    if (install === undefined || state.log.durable < install.index) return undefined;',
      replace: '    if (install === undefined) return undefined;',
    },
  ],
  seenBy: 'test/raft/durability.test.ts',
};
