/** A request that its caller gives up makes room at once, whatever its handler still does. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A request that its caller gives up makes room at once, whatever its handler still does.',
  patches: [
    {
      file: 'src/net/messaging/serving-channel.ts',
      find: "      call.isCancelled = true;\n      return { kind: 'cancelled', call };",
      replace:
        "      call.isCancelled = true;\n      this.#finish(call);\n      return { kind: 'cancelled', call };",
    },
  ],
  seenBy: 'test/net/messaging-hostile.test.ts',
};
