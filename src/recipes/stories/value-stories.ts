/** What programs share: values, maps, configurations, decisions. */
import type { StandardSchema } from '../../base/index.ts';
import { check, refusal, same } from '../../engines/conformance/index.ts';
import { at, next, nextThat, numbersTo, programs, type RecipeStory } from './story.ts';

interface Limits {
  readonly rate: number;
}

const limits: StandardSchema<Limits> = {
  '~standard': {
    version: 1,
    vendor: 'quorate',
    validate: (value) => {
      const { rate } = value as Partial<Limits>;
      return typeof rate === 'number' && rate > 0
        ? { value: { rate } }
        : { issues: [{ message: 'not above 0', path: ['rate'] }] };
    },
  },
};

export const valueStories: readonly RecipeStory[] = [
  {
    recipe: 'value',
    name: 'no change of many at once is lost, and who watches sees the last',
    run: async (stage) => {
      const many = await programs(stage, 3);
      const values = many.map(({ recipes }) => recipes.value<number[]>(stage.name));
      const seen = at(values, 0).watch();
      same(await next(seen), undefined, 'what a watch begins with');
      const changing = values.map(async (value, place) => {
        for (let step = 0; step < 5; step += 1)
          await value.update((list = []) => [...list, 5 * place + step + 1], { deadline: '30s' });
      });
      await Promise.all(changing);
      const all = await at(values, 2).get();
      same(
        all?.toSorted((left, right) => left - right),
        numbersTo(15),
        'what was added',
      );
      await nextThat(seen, (list) => JSON.stringify(list) === JSON.stringify(all));
      same(await at(values, 1).delete(), true, 'whether there was one');
      same(await next(seen), undefined, 'what a watch tells of a deletion');
      await seen.return();
    },
  },
  {
    recipe: 'map',
    name: 'what one puts all see, by key, as a whole and as it changes',
    run: async (stage) => {
      const [first, second] = [await stage.program(), await stage.program()];
      const [one, two] = [first, second].map(({ recipes }) => recipes.map<number>(stage.name));
      check(one !== undefined && two !== undefined, 'both are there');
      await one.set('a', 1);
      await using view = await two.view();
      same([...view.current], [['a', 1]], 'what a view begins with');
      const changes = view.changes();
      const seen = two.watch('b');
      same(await next(seen), undefined, 'what a watch of a key begins with');
      await one.set('b', 2);
      same(await next(seen), 2, 'what it tells then');
      await one.update('a', (number = 0) => number + 10);
      await nextThat(changes, (map) => map.get('a') === 11 && map.get('b') === 2);
      same(
        [...(await two.entries())],
        [
          ['a', 11],
          ['b', 2],
        ],
        'all that is there',
      );
      await one.delete('b');
      same(await next(seen), undefined, 'what a watch tells of a deletion');
      await nextThat(changes, (map) => map.size === 1);
      await Promise.all([seen.return(), changes.return(undefined)]);
    },
  },
  {
    recipe: 'config',
    name: 'what does not fit is not published, what does is seen by all, and a revision is gone back to',
    run: async (stage) => {
      const [first, second] = [await stage.program(), await stage.program()];
      const options = { schema: limits, defaults: { rate: 1 } };
      const one = first.recipes.config(stage.name, options);
      const two = second.recipes.config(stage.name, { ...options, service: 'shop', instance: 'shop-1' });
      const seen = two.watch();
      same((await next(seen)).value, { rate: 1 }, 'what holds before anything is published');
      same(await one.publish({ rate: 10 }), 1, 'the revision');
      same((await next(seen)).value, { rate: 10 }, 'what is told');
      same(await refusal(one.publish({ rate: -1 }), 'what does not fit'), 'value-invalid', 'its code');
      same(await one.publish({ rate: 20 }, { to: { service: 'shop' } }), 2, 'the revision');
      same((await next(seen)).value, { rate: 20 }, 'what is told to the service');
      same((await one.get()).value, { rate: 10 }, 'what holds for the others');
      same(await one.rollBack(1), 3, 'the revision that goes back');
      same(await next(seen), { value: { rate: 10 }, revision: 3 }, 'what is told then');
      const revisions = (await two.history()).map(({ revision }) => revision);
      same(revisions, [3, 2, 1], 'the history');
      await seen.return();
    },
  },
  {
    recipe: 'config',
    name: 'of many who publish at once none is lost to another, and the history has no hole',
    run: async (stage) => {
      const many = await programs(stage, 3);
      const publishing = many.map(async ({ recipes }, place) => {
        const config = recipes.config(stage.name, { schema: limits, defaults: { rate: 1 } });
        const to = { service: `service-${place}` };
        const found: number[] = [];
        for (const rate of [1, 2]) found.push(await config.publish({ rate }, { to, deadline: '30s' }));
        return found;
      });
      const found = (await Promise.all(publishing)).flat();
      same(found.toSorted(), numbersTo(6), 'the revisions');
      for (const [place, { recipes }] of many.entries()) {
        const scope = { service: `service-${place}` };
        const config = recipes.config(stage.name, { schema: limits, defaults: { rate: 1 }, ...scope });
        same((await config.get()).value, { rate: 2 }, `what service ${place} goes by`);
        const revisions = (await config.history()).map(({ revision }) => revision);
        same(revisions, numbersTo(6).toReversed(), 'the history');
      }
    },
  },
  {
    recipe: 'agreement',
    name: 'of many proposals one is decided, the same for all, for ever',
    run: async (stage) => {
      const many = await programs(stage, 3);
      same(await at(many, 0).recipes.decided(stage.name), undefined, 'what is decided before');
      const proposing = many.flatMap(({ recipes }, place) =>
        [0, 1].map((turn) => recipes.agree(stage.name, `${place}-${turn}`)),
      );
      const answers = await Promise.all(proposing);
      const decided = at(answers, 0);
      same(new Set(answers).size, 1, 'how many answers there are');
      check(/^[0-2]-[01]$/.test(decided), `${decided} was proposed`);
      const late = await stage.program();
      same(await late.recipes.agree(stage.name, 'late'), decided, 'what who comes later is told');
      same(await late.recipes.decided(stage.name), decided, 'what who only asks is told');
    },
  },
];
