/** An instance whose session lives never looks whether it is still registered, so one that was taken away unheard stays away. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'An instance whose session lives never looks whether it is still registered, so one that was taken away unheard stays away.',
  patches: [
    {
      file: 'src/discovery/registration.ts',
      find: `    else if (await this.#isDue(item)) await this.#look(item, signal);
`,
      replace: `    else if (await this.#isDue(item)) item.isLive || (await this.#look(item, signal));
`,
    },
  ],
  seenBy: 'test/discovery/registration.test.ts',
};
