/** Elections and singletons: one leader, seen by all, and the next one when it is gone. */
import { check, refusal, same } from '../../engines/conformance/index.ts';
import type { SingletonRun } from '../singleton.ts';
import { guardedWrite } from './lock-stories.ts';
import {
  at,
  isGrowing,
  nextThat,
  type Program,
  programs,
  type RecipeStory,
  shortTtlMs,
  untilItems,
} from './story.ts';

export const leaderStories: readonly RecipeStory[] = [
  {
    recipe: 'election',
    name: 'who watches sees each leader and what it says, and the next one when it resigns',
    run: async (stage) => {
      const many = await programs(stage, 3);
      const [one, two, watcher] = many.map(({ recipes }) => recipes.election(stage.name));
      check(one !== undefined && two !== undefined && watcher !== undefined, 'all are there');
      const seen = watcher.observe();
      same((await seen.next()).value, undefined, 'who leads before anybody stands');
      const first = await one.campaign({ value: 'first' });
      const leader = await nextThat(seen, (found) => found !== undefined);
      same([leader?.text, leader?.token, leader?.key], ['first', first.token, first.key], 'who leads');
      const following = two.campaign({ value: 'second' });
      await untilItems(at(many, 0), `elections/${stage.name}`, 2);
      await first.proclaim('first, still');
      await nextThat(seen, (found) => found?.text === 'first, still');
      await first.resign();
      const second = await following;
      check(second.token > first.token, 'the token of the next one is larger');
      await nextThat(seen, (found) => found?.text === 'second');
      same((await one.leader())?.token, second.token, 'who leads in the end');
      same(await refusal(first.proclaim('again'), 'what the first one says'), 'not-held', 'its code');
      await seen.return();
    },
  },
  {
    recipe: 'election',
    name: 'a leader that stands still is followed by the next candidate, and leads again behind it',
    run: async (stage) => {
      const [first, second] = [await stage.program(), await stage.program()];
      const led: string[] = [];
      const terms: AbortSignal[] = [];
      const leading = first.recipes.election(stage.name).lead(
        async ({ signal }) => {
          led.push('first');
          terms.push(signal);
          if (terms.length === 1)
            await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
          return 'what the task returns';
        },
        { ttl: shortTtlMs(first) },
      );
      await untilItems(second, `elections/${stage.name}`, 1);
      const waiting = second.recipes.election(stage.name).campaign();
      await untilItems(second, `elections/${stage.name}`, 2);
      first.standStill();
      const next = await waiting;
      led.push('second');
      same(at(terms, 0).aborted, true, 'what the first one is told');
      first.goOn();
      await untilItems(second, `elections/${stage.name}`, 2);
      await next.resign();
      same(await leading, 'what the task returns', 'how leading ends');
      same(led, ['first', 'second', 'first'], 'who led');
    },
  },
  {
    recipe: 'election',
    name: 'a leader that was superseded writes nothing',
    needs: ['fencing'],
    run: async (stage) => {
      const [first, second] = [await stage.program(), await stage.program()];
      const key = `guarded/${stage.name}`;
      const leader = await first.recipes.election(stage.name).campaign({ ttl: shortTtlMs(first) });
      await guardedWrite(first, key, leader);
      const following = second.recipes.election(stage.name).campaign();
      first.standStill();
      const next = await following;
      first.goOn();
      same(await refusal(guardedWrite(first, key, leader), 'the write of the first'), 'fenced', 'its code');
      await guardedWrite(second, key, next);
    },
  },
  {
    recipe: 'singleton',
    name: 'what is due is run once, whoever leads, and goes on when the leader leaves',
    run: async (stage) => {
      const many = await programs(stage, 3);
      const runs: SingletonRun[] = [];
      const heard = new Set<() => void>();
      const untilRuns = (count: number): Promise<void> =>
        new Promise((resolve) => {
          const look = (): void => {
            if (runs.length < count) return;
            heard.delete(look);
            resolve();
          };
          heard.add(look);
          look();
        });
      const task = (run: SingletonRun): void => {
        runs.push(run);
        for (const look of [...heard]) look();
      };
      const all = many.map(({ recipes }) => recipes.singleton(stage.name, { every: 100 }, task));
      await untilRuns(3);
      const leader = all.find(({ isLeading }) => isLeading);
      check(leader !== undefined, 'one of them leads');
      await leader.close();
      await untilRuns(runs.length + 3);
      const dues = runs.map(({ due }) => due);
      check(isGrowing(dues), `no time is run twice: ${dues}`);
      check(new Set(runs.map(({ token }) => token)).size === 2, 'two programs led');
      await Promise.all(all.map((one) => one.close()));
    },
  },
  {
    recipe: 'singleton',
    name: 'a leader that stands still does not note what another has taken over',
    run: async (stage) => {
      const [first, second] = [await stage.program(), await stage.program()];
      const begun = Promise.withResolvers<SingletonRun>();
      const held = Promise.withResolvers<void>();
      const slow = first.recipes.singleton(
        stage.name,
        { every: 100, ttl: shortTtlMs(first) },
        async (begins) => {
          begun.resolve(begins);
          await held.promise;
        },
      );
      const run = await begun.promise;
      const taken = Promise.withResolvers<SingletonRun>();
      const other = second.recipes.singleton(stage.name, { every: 100 }, taken.resolve);
      await untilItems(second, `singletons/${stage.name}`, 2);
      first.standStill();
      const next = await taken.promise;
      check(next.token > run.token && next.due > run.due, 'the next one leads, and runs what comes next');
      same(run.signal.aborted, true, 'what the first one is told');
      held.resolve();
      await untilNoted(second, stage.name, next.due);
      first.goOn();
      await slow.close();
      await other.close();
      const last = await other.lastRun();
      check((last?.due ?? 0) >= next.due, 'what is noted is of the next one');
    },
  },
];

/** Waits until the note of the last run is of this time or a later one. */
async function untilNoted({ engine }: Program, name: string, due: number): Promise<void> {
  const watch = engine.watch({ key: `singleton-runs/${name}` });
  try {
    for await (const batch of watch) {
      const items =
        batch.kind === 'present'
          ? batch.items
          : batch.events.flatMap((event) => (event.kind === 'put' ? [event.item] : []));
      for (const { value } of items) {
        const note = JSON.parse(new TextDecoder().decode(value)) as { readonly due: number };
        if (note.due >= due) return;
      }
    }
  } finally {
    await watch.return();
  }
}
