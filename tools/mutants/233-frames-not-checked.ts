/** A frame that was damaged on the way is taken. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A frame that was damaged on the way is taken.',
  patches: [
    {
      file: 'src/net/frame.ts',
      find: `    if (this.#checksum(payload) !== stated) throw frameRefused('its checksum does not fit its bytes');
`,
      replace: `    if (stated < 0) throw frameRefused('its checksum does not fit its bytes');
`,
    },
  ],
  seenBy: 'test/net/frames.test.ts',
};
