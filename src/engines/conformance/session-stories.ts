/** Sessions, what vanishes with them, and who hears of it. */
import {
  type AnyEngine,
  bytes,
  check,
  eventually,
  idFrom,
  Listener,
  pause,
  refusal,
  type Story,
  same,
  textOf,
} from './story.ts';

export const sessionStories: readonly Story[] = [
  {
    name: 'what hangs on a session vanishes when it is closed',
    needs: [],
    run: async ({ open, directory }) => {
      const [engine, other] = [await open(), await open()];
      const session = await engine.session({ ttlMs: ttlOf(engine) });
      const key = `${directory}/mine`;
      await engine.transact({ operations: [{ kind: 'put', key, value: bytes('me'), session }] });
      same((await other.get(key))?.session, session.id, 'whose item it is');
      same([session.isLive, session.state], [true, 'connected'], 'the session');
      await session.close();
      await session.close();
      same(
        [session.isLive, session.state, session.over.aborted],
        [false, 'lost', true],
        'the closed session',
      );
      same(await other.get(key), undefined, 'the item behind its session');
      const late = engine.transact({ operations: [{ kind: 'put', key, value: bytes('me'), session }] });
      same(await refusal(late, 'a put under a closed session'), 'session-expired', 'its code');
    },
  },
  {
    name: 'a session that is being closed is given back though its engine is closed behind it',
    needs: [],
    run: async ({ open, directory }) => {
      const [engine, other] = [await open(), await open()];
      const session = await engine.session({ ttlMs: Math.min(engine.limits.ttlMsMax, 3_600_000) });
      const key = `${directory}/mine`;
      await engine.transact({ operations: [{ kind: 'put', key, value: bytes('me'), session }] });
      const closed = session.close();
      await engine.close();
      await closed;
      same(await other.get(key), undefined, 'the item behind its session and its engine');
    },
  },
  {
    name: 'a session lives on while its process does',
    needs: [],
    run: async ({ open, directory }) => {
      const [engine, other] = [await open(), await open()];
      const session = await engine.session({ ttlMs: ttlOf(engine) });
      const key = `${directory}/mine`;
      await engine.transact({ operations: [{ kind: 'put', key, value: bytes('me'), session }] });
      const beganMs = engine.clock.now();
      await eventually(engine, () => engine.clock.now() - beganMs > 1.5 * session.ttlMs);
      check(session.isLive, 'a session that is renewed is live');
      same(textOf(await other.get(key)), 'me', 'the item of a session that is renewed');
      await session.close();
    },
  },
  {
    name: 'an item that is put without the session stays behind it',
    needs: [],
    run: async ({ open, directory }) => {
      const engine = await open();
      const session = await engine.session({ ttlMs: ttlOf(engine) });
      const key = `${directory}/mine`;
      await engine.transact({ operations: [{ kind: 'put', key, value: bytes('one'), session }] });
      await engine.transact({ operations: [{ kind: 'put', key, value: bytes('two') }] });
      await session.close();
      const item = await engine.get(key);
      same([textOf(item), item?.session], ['two', undefined], 'the item');
      await engine.transact({ operations: [{ kind: 'delete', key }] });
    },
  },
  {
    name: 'who watches hears that an item went with its session',
    needs: [],
    run: async ({ open, directory }) => {
      const [engine, other] = [await open(), await open()];
      const listener = new Listener(other.watch({ directory }));
      await listener.step();
      const session = await engine.session({ ttlMs: ttlOf(engine) });
      const operation = {
        kind: 'append',
        directory,
        label: 'member',
        id: idFrom(engine),
        value: bytes('me'),
        session,
      } as const;
      await engine.transact({ operations: [operation] });
      await listener.until(() => listener.items.size === 1);
      await session.close();
      await listener.until(() => listener.items.size === 0);
      same(
        listener.events.at(-1)?.kind,
        'deleted',
        'how it went: its session was closed, and did not expire',
      );
    },
  },
  {
    name: 'a time to live outside of the limits is refused',
    needs: [],
    run: async ({ open }) => {
      const engine = await open();
      for (const ttlMs of [engine.limits.ttlMsMin / 2, engine.limits.ttlMsMax * 2, Number.NaN])
        same(
          await refusal(engine.session({ ttlMs }), `a time to live of ${ttlMs}`),
          'ttl-out-of-range',
          'its code',
        );
    },
  },
  {
    name: 'a session that is to be renewed all the time, or hardly in time, is refused',
    needs: [],
    run: async ({ open }) => {
      const engine = await open();
      const ttlMs = ttlOf(engine);
      for (const renewalShare of [0, -1, 0.001, 0.71, Number.NaN])
        same(
          await refusal(engine.session({ ttlMs, renewalShare }), `a share of ${renewalShare}`),
          'invalid-option',
          'its code',
        );
      for (const renewalShare of [0.05, 0.7]) {
        const session = await engine.session({ ttlMs, renewalShare });
        check(session.isLive, `a session with a share of ${renewalShare} lives`);
        await session.close();
      }
    },
  },
  {
    name: 'a session whose server stands still is suspended, and is back when the server is',
    needs: ['faults'],
    run: async ({ open, faults }) => {
      const engine = await open();
      const session = await engine.session({ ttlMs: Math.max(6_000, ttlOf(engine)) });
      const states: string[] = [];
      session.subscribe((state) => states.push(state));
      const goOn = await faults?.pause();
      await eventually(engine, () => session.state === 'suspended');
      await goOn?.();
      await eventually(engine, () => session.state === 'reconnected');
      same([session.isLive, states], [true, ['suspended', 'reconnected']], 'the session');
      await session.close();
    },
  },
  {
    name: 'a session whose server stands still for too long is over before the server lets it end',
    needs: ['faults'],
    run: async ({ open, faults }) => {
      const engine = await open();
      const session = await engine.session({ ttlMs: ttlOf(engine) });
      const goOn = await faults?.pause();
      const beganMs = engine.clock.now();
      await eventually(engine, () => session.over.aborted);
      check(engine.clock.now() - beganMs <= session.ttlMs + 1_000, 'a session ends by its own clock');
      same([session.isLive, session.state], [false, 'lost'], 'the session');
      await goOn?.();
      await session.close();
    },
  },
  {
    name: 'calls settle within their deadline while the server stands still, and work when it goes on',
    needs: ['faults'],
    run: async ({ open, faults, directory }) => {
      const engine = await open();
      const key = `${directory}/a`;
      const write = (deadline: `${number}s`): Promise<unknown> =>
        engine.transact({ operations: [{ kind: 'put', key, value: bytes('one') }], deadline });
      await write('10s');
      const goOn = await faults?.pause();
      await refusal(write('1s'), 'a write to a server that stands still');
      await refusal(engine.get(key, { deadline: '1s' }), 'a read from a server that stands still');
      await goOn?.();
      await pause(engine, 100);
      await eventually(
        engine,
        async () => (await engine.get(key, { deadline: '5s' }).catch(() => undefined)) !== undefined,
      );
    },
  },
];

/** As short as the engine takes it, and not too short for a machine that is busy. */
function ttlOf({ limits }: AnyEngine): number {
  return Math.max(limits.ttlMsMin, 2_000);
}
