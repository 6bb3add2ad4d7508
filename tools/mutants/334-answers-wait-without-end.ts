/** Answers gather for a caller that reads more slowly than it is answered, however many they are. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Answers gather for a caller that reads more slowly than it is answered, however many they are.',
  patches: [
    {
      file: 'src/net/messaging/serving-channel.ts',
      find: 'waiting > 0 && waiting + body.length > callBytesMax',
      replace: 'waiting > 0 && waiting + body.length > Number.POSITIVE_INFINITY',
    },
  ],
  seenBy: 'test/net/messaging-bounds.test.ts',
};
