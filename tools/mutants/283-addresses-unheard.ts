/** Who says where it listens when it connects is not heard. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Who says where it listens when it connects is not heard.',
  patches: [
    {
      file: 'src/node/front-door.ts',
      find: "    if (hello.purpose === 'peer' && hello.address !== undefined) heard(hello.from, hello.address);",
      replace:
        "    if (hello.purpose === 'snapshot' && hello.address !== undefined) heard(hello.from, hello.address);",
    },
  ],
  seenBy: 'test/node/members.test.ts',
};
