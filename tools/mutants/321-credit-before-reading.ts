/** Credit of a stream goes back when a piece arrives and not when its reader takes it, so a reader that stands still fills its memory. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Credit of a stream goes back when a piece arrives and not when its reader takes it, so a reader that stands still fills its memory.',
  patches: [
    {
      file: 'src/net/messaging/message-stream.ts',
      find: '      this.#pieces.pushBack(piece);\n      return;',
      replace: '      this.#taken(piece);\n      this.#pieces.pushBack(piece);\n      return;',
    },
    {
      file: 'src/net/messaging/message-stream.ts',
      find: '    if (piece !== undefined) {\n      this.#taken(piece);\n',
      replace: '    if (piece !== undefined) {\n',
    },
  ],
  seenBy: 'test/net/messaging-streams.test.ts',
};
