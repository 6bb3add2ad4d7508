/** The core hears of a snapshot that came before its file is durable. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The core hears of a snapshot that came before its file is durable.',
  patches: [
    {
      file: 'src/node/snapshot-intake.ts',
      find: `    await receiver?.finish();
    this.#finished(message);`,
      replace: `    this.#finished(message);
    await receiver?.finish();`,
    },
  ],
  seenBy: 'test/node/snapshot-transfer.test.ts',
};
