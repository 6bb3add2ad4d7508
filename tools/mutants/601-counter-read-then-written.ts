/** An addition reads the counter and puts the sum, so what others add in between is lost. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'An addition reads the counter and puts the sum, so what others add in between is lost.',
  patches: [
    {
      file: 'src/recipes/counter.ts',
      find: `    const answer = await this.#context.engine.transact({ operations: [add], ...fences, ...call });
    if (!answer.succeeded) return undefined;
`,
      replace: `    const before = await this.get(call);
    const sum = before + amount;
    if (sum < least || sum > most) return undefined;
    const put = { kind: 'put', key: add.key, value: utf8.encode(String(sum)) } as const;
    const answer = await this.#context.engine.transact({ operations: [put], ...fences, ...call });
    if (answer.succeeded) return { before, after: sum };
    if (!answer.succeeded) return undefined;
`,
    },
  ],
  seenBy: 'test/recipes/counter.test.ts',
};
