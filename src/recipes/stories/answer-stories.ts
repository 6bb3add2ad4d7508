/** Idempotency keys of several processes: once for a key, one answer for all, and a doubt where a process has died. */
import { refusal, same } from '../../engines/conformance/index.ts';
import { idempotencyKeys } from '../../resilience/index.ts';
import { engineAnswers } from '../resilience/index.ts';
import { at, programs, type RecipeStory, shortTtlMs, untilItems } from './story.ts';

export const answerStories: readonly RecipeStory[] = [
  {
    recipe: 'idempotency keys',
    name: 'of many calls at once one is carried out, and all are given its answer',
    run: async (stage) => {
      const many = await programs(stage, 3);
      const stores = many.map(({ engine }) => engineAnswers(engine, stage.name));
      let carriedOut = 0;
      const charge = (): { readonly charge: number } => {
        carriedOut += 1;
        return { charge: carriedOut };
      };
      const calls = stores.flatMap((store) => {
        const once = idempotencyKeys({ store });
        return [1, 2, 3, 4].map(() => once.execute(charge, { key: 'order 17/ä', fingerprint: '5 EUR' }));
      });
      const answers = await Promise.all(calls);
      same(carriedOut, 1, 'how often it was carried out');
      same(new Set(answers.map(({ charge: number }) => number)), new Set([1]), 'what they were given');
      const other = idempotencyKeys({ store: at(stores, 1) });
      const reused = other.execute(charge, { key: 'order 17/ä', fingerprint: '9 EUR' });
      same(await refusal(reused, 'another request'), 'key-reused', 'its code');
      for (const store of stores) await store.close();
    },
  },
  {
    recipe: 'idempotency keys',
    name: 'a process that stands still past the end of its session leaves a doubt, and overwrites nobody who went on',
    run: async (stage) => {
      const [first, second] = [await stage.program(), await stage.program()];
      const slow = engineAnswers(first.engine, stage.name, { holderTtl: shortTtlMs(first) });
      const quick = engineAnswers(second.engine, stage.name);
      const [there, here] = [idempotencyKeys({ store: slow }), idempotencyKeys({ store: quick })];
      const work = Promise.withResolvers<string>();
      const late = there.execute(() => work.promise, { key: 'order' });
      await untilItems(second, `answers/${stage.name}/holders`, 1);
      const waiting = refusal(
        here.execute(() => 'silently', { key: 'order' }),
        'the second call',
      );
      first.standStill();
      same(await waiting, 'answer-pending', 'what it hears when the first one is gone');
      const again = await here.execute(() => 'again', { key: 'order', idempotent: true });
      same(again, 'again', 'the answer of who may go on');
      first.goOn();
      work.resolve('late');
      same(await late, 'late', 'what the first one is given');
      same(await here.execute(() => 'silently', { key: 'order' }), 'again', 'what is remembered');
      for (const store of [slow, quick]) await store.close();
    },
  },
];
