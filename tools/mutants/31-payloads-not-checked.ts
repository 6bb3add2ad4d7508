/** A record whose header is good is believed, whatever its content says. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A record whose header is good is believed, whatever its content says.',
  patches: [
    {
      file: 'src/storage/log/segment-scanner.ts',
      find: '      const intact = this.#checksum(payload, 0) === header.payloadCheck;',
      replace: '      const intact = true;',
    },
  ],
  seenBy: 'test/storage/log-hazards.test.ts',
};
