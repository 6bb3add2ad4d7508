/** Counters, sequences and ids: nothing lost, nothing given out twice. */
import { check, refusal, same } from '../../engines/conformance/index.ts';
import { at, isGrowing, numbersTo, programs, type RecipeStory, shortTtlMs } from './story.ts';

export const numberStories: readonly RecipeStory[] = [
  {
    recipe: 'counter',
    name: 'many who add at once are told each their own step, and the sum is whole',
    run: async (stage) => {
      const many = await programs(stage, 3);
      const adding = many.map(async ({ recipes }) => {
        const counter = recipes.counter(stage.name);
        return await Promise.all(Array.from({ length: 12 }, () => counter.add()));
      });
      const changes = (await Promise.all(adding)).flat();
      const after = changes.map((change) => change.after).toSorted((left, right) => left - right);
      same(after, numbersTo(36), 'what they were told');
      check(
        changes.every((change) => change.before === change.after - 1),
        'before is one less than after',
      );
      same(await at(many, 0).recipes.counter(stage.name).get(), 36, 'the sum');
    },
  },
  {
    recipe: 'counter',
    name: 'no bound is passed however many try, and compare and set does what it says',
    run: async (stage) => {
      const many = await programs(stage, 3);
      const counters = many.map(({ recipes }) => recipes.counter(stage.name, { least: 0, most: 5 }));
      const tries = counters.flatMap((one) => [one.tryAdd(), one.tryAdd(), one.tryAdd()]);
      const changes = (await Promise.all(tries)).flatMap((change) => change?.after ?? []);
      same(changes.toSorted(), numbersTo(5), 'what was added');
      const counter = at(counters, 0);
      same(await refusal(counter.add(), 'one more'), 'counter-bound', 'its code');
      same(await refusal(counter.add(-6), 'too many less'), 'counter-bound', 'its code');
      same(await counter.compareAndSet(4, 1), { succeeded: false, value: 5 }, 'from what is not there');
      const races = counters.map((one, place) => one.compareAndSet(5, place));
      const won = (await Promise.all(races)).filter(({ succeeded }) => succeeded);
      same(won.length, 1, 'how many set it');
      same(await counter.get(), at(won, 0).value, 'what is there');
    },
  },
  {
    recipe: 'sequence',
    name: 'a number is given out once to all who ask, and grows for each of them',
    run: async (stage) => {
      const many = await programs(stage, 3);
      const given = many.map(async ({ recipes }) => {
        const sequence = recipes.sequence(stage.name, { block: 4 });
        const numbers = await Promise.all(Array.from({ length: 15 }, () => sequence.next()));
        for (let left = 5; left > 0; left -= 1) numbers.push(await sequence.next());
        return numbers;
      });
      const all = await Promise.all(given);
      for (const numbers of all) check(isGrowing(numbers), `numbers grow: ${numbers}`);
      same(new Set(all.flat()).size, 60, 'how many different numbers were given out');
      check(
        all.flat().every((number) => number >= 1),
        'they begin with 1',
      );
    },
  },
  {
    recipe: 'id generator',
    name: 'no two programs give out the same id, and ids of each grow',
    run: async (stage) => {
      const many = await programs(stage, 3);
      const given = many.map(async ({ recipes }) => {
        await using ids = recipes.idGenerator(stage.name);
        const all: bigint[] = [];
        for (let left = 200; left > 0; left -= 1) all.push(await ids.next());
        return all;
      });
      const all = await Promise.all(given);
      for (const ids of all) check(isGrowing(ids), 'ids grow');
      same(new Set(all.flat()).size, 600, 'how many different ids were given out');
    },
  },
  {
    recipe: 'id generator',
    name: 'with one number for all, the next program gets it when the first one stands still, and no id comes twice',
    run: async (stage) => {
      const [first, second] = [await stage.program(), await stage.program()];
      const options = { workers: 1, ttl: shortTtlMs(first) };
      const early = first.recipes.idGenerator(stage.name, options);
      const ids = [await early.next(), await early.next()];
      const late = second.recipes.idGenerator(stage.name, options);
      same(await refusal(late.next(), 'a number that is taken'), 'name-taken', 'its code');
      first.standStill();
      let id: bigint | undefined;
      while (id === undefined) id = await late.next({ deadline: '30s' }).catch(undefinedFor('name-taken'));
      check(id > at(ids, 1), 'an id of the next program lies behind those of the first');
      first.goOn();
      await late.close();
      const again = await early.next();
      check(again > id, 'an id of the first one behind that lies behind that');
      await early.close();
    },
  },
];

/** The look at the directory of numbers is one call, so asking again is waiting. */
function undefinedFor(code: string): (error: unknown) => undefined {
  return (error) => {
    if (error instanceof Error && 'code' in error && error.code === code) return undefined;
    throw error;
  };
}
