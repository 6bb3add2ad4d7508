/** When a connection dies its calls are settled and its streams are forgotten: who reads or writes one waits for ever. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'When a connection dies its calls are settled and its streams are forgotten: who reads or writes one waits for ever.',
  patches: [
    {
      file: 'src/net/messaging/calling-link.ts',
      find: '    for (const stream of streams) stream.failed(error);\n',
      replace: '    streams.length = 0;\n',
    },
  ],
  seenBy: 'test/net/messaging-streams.test.ts',
};
