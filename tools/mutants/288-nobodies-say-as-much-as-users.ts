/** Before a login a client may send frames of any size. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Before a login a client may send frames of any size.',
  patches: [
    {
      file: 'src/node/incoming.ts',
      find: '    if (length > nobodyFrameBytesMax && this.isNobody) return nobodyFrameBytesMax;',
      replace: '    if (length > nobodyFrameBytesMax && !this.isNobody) return framePayloadBytesMax;',
    },
  ],
  seenBy: 'test/node/node-doors.test.ts',
};
