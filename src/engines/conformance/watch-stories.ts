/** Watches: how they begin, what they bring, and that they never go silent. */
import { bytes, check, Listener, put, refusal, type Story, same, textOf } from './story.ts';

export const watchStories: readonly Story[] = [
  {
    name: 'a watch begins with what is there and brings every change in its order',
    needs: [],
    run: async ({ open, directory }) => {
      const [engine, other] = [await open(), await open()];
      await put(engine, `${directory}/own/a`, 'one');
      await put(engine, `${directory}/other/x`, 'x');
      const listener = new Listener(other.watch({ directory: `${directory}/own` }));
      const first = await listener.step();
      same([first.kind, [...listener.items.keys()]], ['present', [`${directory}/own/a`]], 'how it begins');
      for (let at = 0; at < 20; at += 1) await put(engine, `${directory}/own/b`, String(at));
      await put(engine, `${directory}/other/x`, 'y');
      await engine.transact({ operations: [{ kind: 'delete', key: `${directory}/own/a` }] });
      await listener.until(() => !listener.items.has(`${directory}/own/a`));
      const told = listener.events.map((event) => (event.kind === 'put' ? textOf(event.item) : event.kind));
      if (listener.presents === 1)
        same(told, [...Array.from({ length: 20 }, (_, at) => String(at)), 'deleted'], 'the changes');
      same(textOf(listener.items.get(`${directory}/own/b`)), '19', 'what is there in the end');
    },
  },
  {
    name: 'a watch of one key hears of nothing else',
    needs: [],
    run: async ({ open, directory }) => {
      const engine = await open();
      const key = `${directory}/a`;
      const listener = new Listener(engine.watch({ key }));
      await listener.step();
      same([listener.presents, listener.items.size], [1, 0], 'how it begins');
      await put(engine, `${directory}/ab`, 'x');
      await put(engine, key, 'one');
      await engine.transact({ operations: [{ kind: 'delete', key }] });
      await listener.until(
        () => listener.events.some(({ kind }) => kind === 'deleted') || listener.presents > 1,
      );
      check(
        listener.events.every((event) => event.key === key),
        'a watch of one key tells of that key',
      );
    },
  },
  {
    name: 'a watch goes on behind a mark',
    needs: ['watch-resume'],
    run: async ({ open, directory }) => {
      const [engine, other] = [await open(), await open()];
      await put(engine, `${directory}/a`, 'before');
      const { mark } = await engine.list(directory);
      check(mark !== undefined, 'a listing has a mark');
      await put(engine, `${directory}/b`, 'behind');
      const listener = new Listener(other.watch({ directory }, { from: mark }));
      await listener.until(() => listener.events.length > 0);
      same(
        listener.events.map(({ key }) => key),
        [`${directory}/b`],
        'what is told',
      );
      await put(engine, `${directory}/c`, 'later');
      const again = new Listener(engine.watch({ directory }, { from: listener.mark as string }));
      await again.until(() => again.events.length > 0);
      same(
        again.events.map(({ key }) => key),
        [`${directory}/c`],
        'what is told behind a mark of a watch',
      );
    },
  },
  {
    name: 'a listing since a mark holds what was told up to it',
    needs: [],
    run: async ({ open, directory }) => {
      const [engine, other] = [await open(), await open()];
      const listener = new Listener(other.watch({ directory }));
      await listener.step();
      for (let at = 0; at < 20; at += 1) {
        const key = `${directory}/${at}`;
        await put(engine, key, String(at));
        await listener.until(() => listener.items.has(key));
        const since = listener.mark === undefined ? {} : { since: listener.mark };
        const { items } = await other.list(directory, { descending: true, limit: 1, ...since });
        same(items[0]?.key, key, 'the newest item');
        const all = await other.list(directory, since);
        same(all.items.length, at + 1, 'how many there are');
      }
    },
  },
  {
    name: 'the changes of one transaction come together',
    needs: ['transactions'],
    run: async ({ open, directory }) => {
      const engine = await open();
      const listener = new Listener(engine.watch({ directory }));
      await listener.step();
      const operations = ['a', 'b', 'c'].map(
        (name) => ({ kind: 'put', key: `${directory}/${name}`, value: bytes(name) }) as const,
      );
      await engine.transact({ operations });
      const batch = await listener.step();
      same(batch.kind === 'changes' ? batch.events.length : batch.items.length, 3, 'how many come at once');
    },
  },
  {
    name: 'a watch ends by its signal, by its reader and with its engine',
    needs: [],
    run: async ({ open, directory }) => {
      const engine = await open();
      const controller = new AbortController();
      const byReader = engine.watch({ directory });
      const bySignal = engine.watch({ directory }, { signal: controller.signal });
      const byEngine = engine.watch({ directory });
      for (const watch of [byReader, bySignal, byEngine]) await watch.next();
      await byReader.return();
      same((await byReader.next()).done, true, 'a watch that its reader ended');
      const waiting = refusal(bySignal.next(), 'a wait whose signal aborts');
      controller.abort(Object.assign(new Error('enough'), { code: 'enough' }));
      same(await waiting, 'enough', 'its reason');
      const late = engine.watch({ directory }, { signal: controller.signal });
      same(await refusal(late.next(), 'a watch whose signal had aborted'), 'enough', 'its reason');
      const last = refusal(byEngine.next(), 'a wait whose engine is closed');
      await engine.close();
      same(await last, 'closed', 'its code');
    },
  },
  {
    name: 'a watch outlives a restart of its server and misses nothing',
    needs: ['faults', 'survives-failover'],
    run: async ({ open, directory, faults }) => {
      const [engine, other] = [await open(), await open()];
      const listener = new Listener(other.watch({ directory }));
      await put(engine, `${directory}/a`, 'before');
      await listener.until(() => listener.items.has(`${directory}/a`));
      await faults?.restart();
      const write = async (): Promise<void> => {
        while (true) {
          try {
            await put(engine, `${directory}/b`, 'behind');
            return;
          } catch (error) {
            if (!(error instanceof Error && 'code' in error)) throw error;
          }
        }
      };
      await write();
      await listener.until(() => listener.items.has(`${directory}/b`));
      same(textOf(listener.items.get(`${directory}/a`)), 'before', 'what was there before');
    },
  },
];
