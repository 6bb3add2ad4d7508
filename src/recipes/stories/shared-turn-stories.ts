/** Read-write locks and semaphores: who may be inside together, and for how long. */
import { check, refusal, same } from '../../engines/conformance/index.ts';
import { at, programs, type RecipeStory, shortTtlMs, untilItems } from './story.ts';

export const sharedTurnStories: readonly RecipeStory[] = [
  {
    recipe: 'read-write lock',
    name: 'many read together, who writes is alone, and who comes behind one who waits to write waits too',
    run: async (stage) => {
      const many = await programs(stage, 4);
      const locks = many.map(({ recipes }) => recipes.readWriteLock(stage.name));
      const directory = `read-write-locks/${stage.name}`;
      const order: string[] = [];
      const readers = await Promise.all([at(locks, 0).read.acquire(), at(locks, 1).read.acquire()]);
      const writing = at(locks, 2).write.run(() => void order.push('writes'));
      await untilItems(at(many, 0), directory, 3);
      const reading = at(locks, 3).read.run(() => void order.push('reads'));
      await untilItems(at(many, 0), directory, 4);
      for (const reader of readers) reader.assertHeld();
      await at(readers, 0).release();
      same([...order], [], 'who came in while one still reads');
      await at(readers, 1).release();
      await Promise.all([writing, reading]);
      same(order, ['writes', 'reads'], 'the order');
    },
  },
  {
    recipe: 'read-write lock',
    name: 'who writes may go on reading, and lets in who waits to read; who reads may not go on writing',
    run: async (stage) => {
      const [first, second] = [await stage.program(), await stage.program()];
      const [one, two] = [first, second].map(({ recipes }) => recipes.readWriteLock(stage.name));
      check(one !== undefined && two !== undefined, 'both are there');
      const writer = await one.write.acquire();
      const reading = two.read.acquire();
      await untilItems(first, `read-write-locks/${stage.name}`, 2);
      const reader = await writer.downgrade();
      const other = await reading;
      same([writer.isHeld, reader.isHeld, other.isHeld], [false, true, true], 'who holds it');
      const upgrade = one.write.acquire({ holding: reader });
      same(await refusal(upgrade, 'an upgrade'), 'mode-refused', 'its code');
      await Promise.all([reader.release(), other.release()]);
      await two.write.run((held) => held.assertHeld());
    },
  },
  {
    recipe: 'read-write lock',
    name: 'a reader that stands still does not keep writers out for ever',
    run: async (stage) => {
      const [first, second] = [await stage.program(), await stage.program()];
      const reader = await first.recipes.readWriteLock(stage.name).read.acquire({ ttl: shortTtlMs(first) });
      const writing = second.recipes.readWriteLock(stage.name).write.acquire();
      await untilItems(second, `read-write-locks/${stage.name}`, 2);
      first.standStill();
      const writer = await writing;
      same(reader.isHeld, false, 'what the reader believes');
      check(writer.token > reader.token, 'the token of the writer is larger');
    },
  },
  {
    recipe: 'semaphore',
    name: 'never more inside than permits, and everybody comes in',
    run: async (stage) => {
      const many = await programs(stage, 3);
      let inside = 0;
      let visits = 0;
      const work = async (place: number): Promise<void> => {
        const { recipes, engine } = at(many, place);
        for (let left = 4; left > 0; left -= 1) {
          await recipes.semaphore(stage.name, { permits: 2 }).run(async () => {
            inside += 1;
            check(inside <= 2, `${inside} are inside of 2`);
            await engine.get(`guarded/${stage.name}`);
            visits += 1;
            inside -= 1;
          });
        }
      };
      await Promise.all([0, 1, 2, 0, 1, 2].map(work));
      same(visits, 24, 'how often somebody was inside');
    },
  },
  {
    recipe: 'semaphore',
    name: 'a permit whose holder stands still is free again, and who names another number is refused',
    run: async (stage) => {
      const many = await programs(stage, 3);
      const [first, second, third] = [at(many, 0), at(many, 1), at(many, 2)];
      const permits = { permits: 2 };
      const lost = await first.recipes.semaphore(stage.name, permits).acquire({ ttl: shortTtlMs(first) });
      const kept = await second.recipes.semaphore(stage.name, permits).acquire();
      const differing = third.recipes.semaphore(stage.name, { permits: 3 }).acquire();
      same(await refusal(differing, 'another number'), 'settings-differ', 'its code');
      // Its place is left behind its refusal.
      await untilItems(third, `semaphores/${stage.name}`, 2);
      const semaphore = third.recipes.semaphore(stage.name, permits);
      same(await semaphore.tryAcquire(), undefined, 'what is free while both are held');
      const waiting = semaphore.acquire();
      first.standStill();
      const next = await waiting;
      same([lost.isHeld, kept.isHeld, next.isHeld], [false, true, true], 'who holds a permit');
    },
  },
];
