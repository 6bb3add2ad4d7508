/** A leader answers reads without making sure that it still leads. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A leader answers reads without making sure that it still leads.',
  patches: [
    {
      file: 'src/node/questions.ts',
      find: '      host(group).ask(gate.admit(caller, body), waiter);',
      replace: `      if (host(group).status.role === 'leader') waiter.resolve(host(group).readStale(gate.admit(caller, body)));
      else host(group).ask(gate.admit(caller, body), waiter);`,
    },
  ],
  seenBy: 'test/node/cluster.test.ts',
};
