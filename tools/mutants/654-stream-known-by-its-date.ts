/** On NATS a stream of which another server tells another date is taken for another stream. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'On NATS a stream of which another server tells another date is taken for another stream.',
  patches: [
    {
      file: 'src/engines/nats/stream.ts',
      find: '    if ((await identityOf(own, call)) !== this.identity)\n',
      replace: '    if ((await identityOf(own, call)) !== undefined)\n',
    },
  ],
  seenBy: 'test/engines/nats/engine.test.ts',
};
