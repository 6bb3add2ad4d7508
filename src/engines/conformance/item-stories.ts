/** Items, their order and their numbers; transactions and their conditions. */
import { type AnyEngine, bytes, check, idFrom, put, refusal, type Story, same, textOf } from './story.ts';

export const itemStories: readonly Story[] = [
  {
    name: 'what was put is read, by others too, until it is deleted',
    needs: [],
    run: async ({ open, directory }) => {
      const [engine, other] = [await open(), await open()];
      const key = `${directory}/a`;
      same(await engine.get(key), undefined, 'what was never put');
      const item = await put(engine, key, 'one');
      same([item.key, textOf(item), item.session], [key, 'one', undefined], 'the item');
      same(textOf(await other.get(key)), 'one', 'what another client reads');
      const deleted = await other.transact({ operations: [{ kind: 'delete', key }] });
      same(deleted.succeeded && deleted.results, [{ kind: 'delete', existed: true }], 'the deletion');
      same(await engine.get(key), undefined, 'what was deleted');
      const again = await engine.transact({ operations: [{ kind: 'delete', key }] });
      same(again.succeeded && again.results, [{ kind: 'delete', existed: false }], 'the second deletion');
    },
  },
  {
    name: 'an empty value and a value of all bytes come back as they are',
    needs: [],
    run: async ({ open, directory }) => {
      const engine = await open();
      const key = `${directory}/bytes`;
      for (const value of [new Uint8Array(0), Uint8Array.from({ length: 256 }, (_, at) => at)]) {
        await engine.transact({ operations: [{ kind: 'put', key, value }] });
        same([...((await engine.get(key))?.value ?? [])], [...value], 'the value');
      }
    },
  },
  {
    name: 'a change keeps created and moves modified; who is made anew has a larger created',
    needs: [],
    run: async ({ open, directory }) => {
      const engine = await open();
      const key = `${directory}/a`;
      const first = await put(engine, key, 'one');
      const second = await put(engine, key, 'two');
      same(second.created, first.created, 'created behind a change');
      check(second.modified !== first.modified, 'a change moves modified');
      await engine.transact({ operations: [{ kind: 'delete', key }] });
      const third = await put(engine, key, 'three');
      check(third.created > first.created, 'an item that is made anew has a larger created');
      check(third.modified !== second.modified, 'an item that is made anew has another modified');
    },
  },
  {
    name: 'the answer to a put tells the numbers that a read tells',
    needs: [],
    run: async ({ open, directory }) => {
      const engine = await open();
      const key = `${directory}/a`;
      for (const value of ['one', 'two']) {
        const answer = await engine.transact({ operations: [{ kind: 'put', key, value: bytes(value) }] });
        const item = await engine.get(key);
        const told = { kind: 'put', created: item?.created, modified: item?.modified };
        same(answer.succeeded && answer.results, [told], 'the answer');
      }
    },
  },
  {
    name: 'a directory lists its own items, oldest first, and none of its neighbours',
    needs: [],
    run: async ({ open, directory }) => {
      const engine = await open();
      for (const name of ['c', 'a', 'b']) await put(engine, `${directory}/own/${name}`, name);
      await put(engine, `${directory}/own-not/x`, 'x');
      await put(engine, `${directory}/owl/x`, 'x');
      const { items } = await engine.list(`${directory}/own`);
      same(items.map(textOf), ['c', 'a', 'b'], 'the listing');
      same((await engine.list(`${directory}/none`)).items, [], 'the listing of a directory that never was');
      const newest = await engine.list(`${directory}/own`, { descending: true, limit: 1 });
      same(newest.items.map(textOf), ['b'], 'the newest alone');
      const { items: keys } = await engine.list(`${directory}/own`, { keysOnly: true });
      same(
        keys.map(({ key }) => key.slice(-1)),
        ['c', 'a', 'b'],
        'the listing of keys',
      );
    },
  },
  {
    name: 'the listing before an item ends there, also when the item is gone',
    needs: [],
    run: async ({ open, directory }) => {
      const engine = await open();
      await append(engine, directory, 'one');
      await append(engine, directory, 'two');
      const third = await append(engine, directory, 'three');
      await append(engine, directory, 'four');
      const before = { before: third, keysOnly: true } as const;
      const labels = async (options: { limit?: number; descending?: boolean }): Promise<string[]> => {
        const { items } = await engine.list(directory, { ...before, ...options });
        return items.map(({ key }) => /one|two|three|four/.exec(key)?.[0] ?? key);
      };
      same(await labels({}), ['one', 'two'], 'what came before');
      same(await labels({ descending: true, limit: 1 }), ['two'], 'the nearest before');
      await engine.transact({ operations: [{ kind: 'delete', key: third.key }] });
      same(await labels({ descending: true, limit: 1 }), ['two'], 'the nearest before what is gone');
    },
  },
  {
    name: 'a condition that does not hold does nothing',
    needs: [],
    run: async ({ open, directory }) => {
      const engine = await open();
      const key = `${directory}/a`;
      const item = await put(engine, key, 'one');
      const conditions = [
        { key, is: 'absent' },
        { key, is: 'unchanged', modified: item.modified + 1_000_000 },
        { key, is: 'created', created: item.created + 1_000_000 },
      ] as const;
      for (const condition of conditions) {
        const answer = await engine.transact({
          when: [condition],
          operations: [{ kind: 'put', key, value: bytes('two') }],
        });
        same(answer, { succeeded: false, reason: 'condition' }, `the answer where it is not ${condition.is}`);
      }
      same(textOf(await engine.get(key)), 'one', 'the value behind refused changes');
      const missing = `${directory}/missing`;
      const absent = await engine.transact({
        when: [{ key: missing, is: 'present' }],
        operations: [{ kind: 'put', key: missing, value: bytes('two') }],
      });
      same(absent, { succeeded: false, reason: 'condition' }, 'the answer where nothing is present');
    },
  },
  {
    name: 'a condition that holds lets its change through, once',
    needs: [],
    run: async ({ open, directory }) => {
      const engine = await open();
      const key = `${directory}/a`;
      const change = (value: string, when: Parameters<AnyEngine['transact']>[0]['when']): Promise<boolean> =>
        engine
          .transact({
            ...(when === undefined ? {} : { when }),
            operations: [{ kind: 'put', key, value: bytes(value) }],
          })
          .then(({ succeeded }) => succeeded);
      check(await change('one', [{ key, is: 'absent' }]), 'what is absent is made');
      const { modified = 0, created = 0 } = (await engine.get(key)) ?? {};
      check(await change('two', [{ key, is: 'unchanged', modified }]), 'what is unchanged is changed');
      check(!(await change('three', [{ key, is: 'unchanged', modified }])), 'what has changed is not');
      check(await change('four', [{ key, is: 'created', created }]), 'what is the same item is changed');
      check(await change('five', [{ key, is: 'present' }]), 'what is present is changed');
    },
  },
  {
    name: 'of many who make the same item one succeeds',
    needs: [],
    run: async ({ open, directory }) => {
      const engines = await Promise.all([open(), open(), open()]);
      const key = `${directory}/one`;
      const answers = await Promise.all(
        Array.from({ length: 30 }, (_, at) => {
          const engine = engines[at % engines.length] as AnyEngine;
          return engine.transact({
            when: [{ key, is: 'absent' }],
            operations: [{ kind: 'put', key, value: bytes(String(at)) }],
          });
        }),
      );
      same(answers.filter(({ succeeded }) => succeeded).length, 1, 'how many succeeded');
    },
  },
  {
    name: 'all of a transaction is done, or nothing',
    needs: ['transactions'],
    run: async ({ open, directory }) => {
      const engine = await open();
      const [a, b] = [`${directory}/a`, `${directory}/b`];
      await put(engine, a, 'one');
      const operations = [
        { kind: 'delete', key: a },
        { kind: 'put', key: b, value: bytes('two') },
      ] as const;
      const refused = await engine.transact({ when: [{ key: b, is: 'present' }], operations });
      same(refused.succeeded, false, 'the transaction whose condition does not hold');
      same([textOf(await engine.get(a)), await engine.get(b)], ['one', undefined], 'what is there behind it');
      const done = await engine.transact({ when: [{ key: b, is: 'absent' }], operations });
      same(done.succeeded, true, 'the transaction whose condition holds');
      same([await engine.get(a), textOf(await engine.get(b))], [undefined, 'two'], 'what is there behind it');
    },
  },
  {
    name: 'a token that was superseded is refused',
    needs: ['fencing', 'transactions'],
    run: async ({ open, directory }) => {
      const engine = await open();
      const [old, guarded] = [await append(engine, `${directory}/lock`, 'lock'), `${directory}/guarded/a`];
      const write = (token: number): Promise<unknown> =>
        engine.transact({
          fences: [{ key: old.key, token }],
          operations: [{ kind: 'put', key: guarded, value: bytes(String(token)) }],
        });
      await write(old.created);
      same(await refusal(write(old.created - 1), 'a write with a wrong token'), 'fenced', 'its code');
      await engine.transact({ operations: [{ kind: 'delete', key: old.key }] });
      same(await refusal(write(old.created), 'a write of who holds no more'), 'fenced', 'its code');
      same(textOf(await engine.get(guarded)), String(old.created), 'what was guarded');
    },
  },
  {
    name: 'appends are ordered, unique, and done once for each id',
    needs: [],
    run: async ({ open, directory }) => {
      const engine = await open();
      const other = await open();
      const id = idFrom(engine);
      const first = await append(engine, directory, 'lock', id);
      const second = await append(other, directory, 'lock');
      check(second.created > first.created && second.key !== first.key, 'a later append comes behind');
      const repeated = await append(other, directory, 'lock', id);
      same(repeated, first, 'an append that is sent again');
      const { items } = await engine.list(directory);
      same(
        items.map(({ key }) => key),
        [first.key, second.key],
        'the listing',
      );
      same(
        items.map(({ created }) => created),
        [first.created, second.created],
        'the numbers in the listing',
      );
      check(first.key.includes('lock') && first.key.includes(id), 'label and id are in the name');
    },
  },
  {
    name: 'counters add up, whoever adds',
    needs: [],
    run: async ({ open, directory }) => {
      const engines = await Promise.all([open(), open()]);
      const key = `${directory}/counter`;
      const seen = await Promise.all(
        Array.from({ length: 20 }, async (_, at) => {
          const engine = engines[at % 2] as AnyEngine;
          const answer = await engine.transact({
            operations: [{ kind: 'add', key, amount: 3 }],
            deadline: '20s',
          });
          const [result] = answer.succeeded ? answer.results : [];
          check(
            result?.kind === 'add' && result.after === result.before + 3,
            'an add tells before and after',
          );
          return result.after;
        }),
      );
      same(
        seen.sort((a, b) => a - b),
        Array.from({ length: 20 }, (_, at) => (at + 1) * 3),
        'the sums',
      );
      same(textOf(await (engines[0] as AnyEngine).get(key)), '60', 'the counter as an item');
    },
  },
  {
    name: 'a counter stays within its bounds',
    needs: [],
    run: async ({ open, directory }) => {
      const engine = await open();
      const key = `${directory}/counter`;
      const add = async (amount: number): Promise<unknown> => {
        const answer = await engine.transact({
          operations: [{ kind: 'add', key, amount, least: -2, most: 5 }],
        });
        return answer.succeeded ? answer.results[0] : answer.reason;
      };
      same(await add(5), { kind: 'add', before: 0, after: 5 }, 'the way to the bound');
      same(await add(1), 'bound', 'one more');
      same(await add(-7), { kind: 'add', before: 5, after: -2 }, 'the way to the other bound');
      same(await add(-1), 'bound', 'one less');
      same(textOf(await engine.get(key)), '-2', 'the counter');
    },
  },
];

async function append(
  engine: AnyEngine,
  directory: string,
  label: string,
  id: string = idFrom(engine),
): Promise<{ readonly key: string; readonly created: number }> {
  const answer = await engine.transact({
    operations: [{ kind: 'append', directory, label, id, value: bytes(label) }],
  });
  const [result] = answer.succeeded ? answer.results : [];
  check(result?.kind === 'append', 'an append without conditions succeeds');
  return { key: result.key, created: result.created };
}
