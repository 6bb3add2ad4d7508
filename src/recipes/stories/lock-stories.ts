/** Locks: one holder at a time, in the order of coming, and what becomes of those whose session ends. */
import { isQuorateError } from '../../base/index.ts';
import { check, refusal, same } from '../../engines/conformance/index.ts';
import type { Hold } from '../hold.ts';
import { at, isGrowing, type Program, programs, type RecipeStory, shortTtlMs, untilItems } from './story.ts';

/** One at a time, as those who are inside see it. */
class Room {
  readonly tokens: number[] = [];
  #inside = 0;

  async visit({ token }: { readonly token: number }, work: () => Promise<unknown>): Promise<void> {
    this.#inside += 1;
    same(this.#inside, 1, 'how many are inside');
    this.tokens.push(token);
    await work();
    this.#inside -= 1;
  }
}

/** A write that only the holder may do. */
export async function guardedWrite({ engine }: Program, key: string, { fence }: Hold): Promise<void> {
  const put = { kind: 'put', key, value: new Uint8Array(0) } as const;
  await engine.transact({ fences: [fence], operations: [put] });
}

export const lockStories: readonly RecipeStory[] = [
  {
    recipe: 'lock',
    name: 'of many programs one is inside at a time, with growing tokens',
    run: async (stage) => {
      const room = new Room();
      const many = await programs(stage, 3);
      const key = `guarded/${stage.name}`;
      const work = async ({ engine, recipes }: Program): Promise<void> => {
        for (let left = 6; left > 0; left -= 1)
          await recipes.lock(stage.name).run((held) => room.visit(held, () => engine.get(key)));
      };
      await Promise.all(many.map(work));
      same(room.tokens.length, 18, 'how often somebody was inside');
      check(isGrowing(room.tokens), `tokens grow: ${room.tokens}`);
    },
  },
  {
    recipe: 'lock',
    name: 'it is handed over in the order of coming, whoever asks from where',
    run: async (stage) => {
      const many = await programs(stage, 3);
      const first = await at(many, 0).recipes.lock(stage.name).acquire();
      const order: number[] = [];
      const waiting: Promise<void>[] = [];
      for (const place of [2, 0, 1, 1, 2]) {
        const turn = at(many, place)
          .recipes.lock(stage.name)
          .run(() => void order.push(place));
        waiting.push(turn);
        await untilItems(at(many, 0), `locks/${stage.name}`, waiting.length + 1);
      }
      same(order, [], 'who came in while it was held');
      await first.release();
      await Promise.all(waiting);
      same(order, [2, 0, 1, 1, 2], 'the order');
    },
  },
  {
    recipe: 'lock',
    name: 'who does not wait, or not for long, is told who holds it, and leaves nothing behind',
    run: async (stage) => {
      const holder = await stage.program({ holder: 'holder of the story' });
      const other = await stage.program();
      const held = await holder.recipes.lock(stage.name).acquire();
      const lock = other.recipes.lock(stage.name);
      same(await lock.tryAcquire(), undefined, 'what somebody gets who does not wait');
      // On a busy machine a short wait may be over before the server has said who holds it.
      let told = '';
      for (let wait = 100; !told.includes('holder of the story'); wait *= 2) {
        const error: unknown = await lock.acquire({ wait }).catch((reason: unknown) => reason);
        check(isQuorateError(error) && error.code === 'not-granted', `it is not granted: ${error}`);
        told = error.message;
      }
      await untilItems(other, `locks/${stage.name}`, 1);
      await held.release();
      await lock.run((next) => check(next.token > held.token, 'the next token is larger'));
    },
  },
  {
    recipe: 'lock',
    name: 'a waiter whose session ends while it queues is passed over, and hears that it got nothing',
    run: async (stage) => {
      const many = await programs(stage, 3);
      const [first, second, third] = [at(many, 0), at(many, 1), at(many, 2)];
      const directory = `locks/${stage.name}`;
      const held = await first.recipes.lock(stage.name).acquire();
      const lost = refusal(
        second.recipes.lock(stage.name).acquire({ ttl: shortTtlMs(second) }),
        'the waiter',
      );
      await untilItems(first, directory, 2);
      const next = third.recipes.lock(stage.name).acquire();
      await untilItems(first, directory, 3);
      second.standStill();
      await untilItems(first, directory, 2);
      await held.release();
      const token = (await next).token;
      check(token > held.token, 'the next token is larger');
      second.goOn();
      same(await lost, 'session-expired', 'what the waiter hears');
      (await next).assertHeld();
    },
  },
  {
    recipe: 'lock',
    name: 'a holder that stands still loses it by its own clock before the next one has it',
    run: async (stage) => {
      const [first, second] = [await stage.program(), await stage.program()];
      const held = await first.recipes.lock(stage.name).acquire({ ttl: shortTtlMs(first) });
      const next = second.recipes.lock(stage.name).acquire();
      await untilItems(second, `locks/${stage.name}`, 2);
      first.standStill();
      const token = (await next).token;
      same(
        [held.isHeld, held.signal.aborted, held.remainingMs],
        [false, true, 0],
        'what the first one believes',
      );
      const asserting = Promise.resolve().then(() => held.assertHeld());
      same(await refusal(asserting, 'its assertion'), 'not-held', 'its code');
      check(token > held.token, 'the next token is larger');
      first.goOn();
      await held.release();
      (await next).assertHeld();
    },
  },
  {
    recipe: 'lock',
    name: 'a write of a holder that was superseded is refused by the engine',
    needs: ['fencing'],
    run: async (stage) => {
      const [first, second] = [await stage.program(), await stage.program()];
      const key = `guarded/${stage.name}`;
      const held = await first.recipes.lock(stage.name).acquire({ ttl: shortTtlMs(first) });
      await guardedWrite(first, key, held);
      const waiting = second.recipes.lock(stage.name).acquire();
      await untilItems(second, `locks/${stage.name}`, 2);
      first.standStill();
      const next = await waiting;
      await guardedWrite(second, key, next);
      first.goOn();
      same(await refusal(guardedWrite(first, key, held), 'the write of the first'), 'fenced', 'its code');
      await guardedWrite(second, key, next);
    },
  },
  {
    recipe: 'lock',
    name: 'a name that is none and a time to live that is too short are refused, and nothing is left',
    run: async (stage) => {
      const program = await stage.program();
      for (const name of ['', 'a/b', '..', `${stage.name}\u0000`]) {
        const asking = Promise.resolve().then(() => program.recipes.lock(name));
        same(await refusal(asking, `the name ${JSON.stringify(name)}`), 'invalid-option', 'its code');
      }
      const lock = program.recipes.lock(stage.name);
      for (const ttl of [program.engine.limits.ttlMsMin / 2, program.engine.limits.ttlMsMax * 2])
        same(
          await refusal(lock.acquire({ ttl }), `a time to live of ${ttl}`),
          'ttl-out-of-range',
          'its code',
        );
      await untilItems(program, `locks/${stage.name}`, 0);
      await lock.run((held) => held.assertHeld());
    },
  },
  {
    recipe: 'multi-lock',
    name: 'programs that want some of the same in any order never wait for each other',
    run: async (stage) => {
      const names = ['a', 'b', 'c'].map((end) => `${stage.name}-${end}`);
      const rooms = new Map(names.map((name) => [name, new Room()]));
      const work = async ({ recipes, engine }: Program, start: number): Promise<void> => {
        const wanted = [at(names, start), at(names, (start + 2) % 3)];
        for (let left = 4; left > 0; left -= 1) {
          await recipes.locks(wanted).run(async (held) => {
            const visits = wanted.map((name) =>
              rooms.get(name)?.visit(held.get(name), () => engine.get(`guarded/${name}`)),
            );
            await Promise.all(visits);
          });
        }
      };
      const many = await programs(stage, 3);
      await Promise.all(many.map(work));
      for (const [name, { tokens }] of rooms) {
        same(tokens.length, 8, `how often ${name} was held`);
        check(isGrowing(tokens), `tokens of ${name} grow: ${tokens}`);
      }
    },
  },
  {
    recipe: 'multi-lock',
    name: 'all of them or none: what came is given back when the last does not come',
    run: async (stage) => {
      const [first, second] = [await stage.program(), await stage.program()];
      const [a, b] = [`${stage.name}-a`, `${stage.name}-b`];
      const held = await first.recipes.lock(b).acquire();
      const both = second.recipes.locks([b, a]);
      same(await refusal(both.acquire({ wait: 100 }), 'both'), 'not-granted', 'its code');
      await untilItems(first, `locks/${a}`, 0);
      await untilItems(first, `locks/${b}`, 1);
      await held.release();
      await both.run((locks) => locks.assertHeld());
    },
  },
];
