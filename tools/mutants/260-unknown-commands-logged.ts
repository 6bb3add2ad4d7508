/** A command that this release does not know goes into the log, where each release takes it for something else. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A command that this release does not know goes into the log, where each release takes it for something else.',
  patches: [
    {
      file: 'src/node/store-machine.ts',
      find: `    if (!isKnownCommand(command)) return commandUnknown(command);
`,
      replace: '',
    },
  ],
  seenBy: 'test/node/store-machine.test.ts',
};
