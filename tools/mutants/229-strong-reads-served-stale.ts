/** Any node answers strong reads from what it has. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Any node answers strong reads from what it has.',
  patches: [
    {
      file: 'src/node/questions.ts',
      find: '      host(group).ask(gate.admit(caller, body), waiter);',
      replace: '      waiter.resolve(host(group).readStale(gate.admit(caller, body)));',
    },
  ],
  seenBy: 'test/node/cluster.test.ts',
};
