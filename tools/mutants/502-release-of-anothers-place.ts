/** A release removes the first place of the line, whoever has it. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A release removes the first place of the line, whoever has it.',
  patches: [
    {
      file: 'src/recipes/place.ts',
      find: '      const mark = await removeItem(context.engine, use.session, key);',
      replace: `      const { items } = await context.engine.list(this.#options.directory, { limit: 1 });
      const mark = await removeItem(context.engine, use.session, items[0]?.key ?? key);`,
    },
  ],
  seenBy: 'test/recipes/lock.test.ts',
};
