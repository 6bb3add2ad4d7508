/** What calls are refused for, and how they end before their time. */
import { bytes, check, refusal, type Story, same } from './story.ts';

export const callStories: readonly Story[] = [
  {
    name: 'keys that are none are refused, and say so',
    needs: [],
    run: async ({ open, directory }) => {
      const engine = await open();
      const wrong = [
        '',
        'a',
        '/a',
        `${directory}/`,
        `${directory}//a`,
        `${directory}/a\u0000`,
        `${directory}/..`,
      ];
      for (const key of wrong) {
        same(await refusal(engine.get(key), `the key ${JSON.stringify(key)}`), 'invalid-option', 'its code');
        const put = engine.transact({ operations: [{ kind: 'put', key, value: bytes('x') }] });
        same(await refusal(put, `a put of ${JSON.stringify(key)}`), 'invalid-option', 'its code');
      }
      const long = `${directory}/${'x'.repeat(engine.limits.keyBytesMax)}`;
      same(await refusal(engine.get(long), 'a key that is too long'), 'invalid-option', 'its code');
      const letters = `${directory}/Grüße 漢字 %25 ${'x'.repeat(100)}`;
      await engine.transact({ operations: [{ kind: 'put', key: letters, value: bytes('x') }] });
      same(
        (await engine.list(directory)).items.map(({ key }) => key),
        [letters],
        'a key of many letters',
      );
    },
  },
  {
    name: 'a listing whose limit is none is refused',
    needs: [],
    run: async ({ open, directory }) => {
      const engine = await open();
      for (const limit of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
        same(
          await refusal(engine.list(directory, { limit }), `a limit of ${limit}`),
          'invalid-option',
          'its code',
        );
    },
  },
  {
    name: 'a value over the limit is refused and nothing else is harmed',
    needs: [],
    run: async ({ open, directory }) => {
      const engine = await open();
      const key = `${directory}/a`;
      const put = (length: number): Promise<unknown> =>
        engine.transact({
          operations: [{ kind: 'put', key, value: new Uint8Array(length) }],
          deadline: '20s',
        });
      same(
        await refusal(put(engine.limits.valueBytesMax + 1), 'a value over the limit'),
        'value-too-large',
        'its code',
      );
      await put(Math.min(engine.limits.valueBytesMax, 500_000));
      check((await engine.get(key)) !== undefined, 'a value within the limit is taken');
    },
  },
  {
    name: 'a call whose signal aborts ends with its reason',
    needs: [],
    run: async ({ open, directory }) => {
      const engine = await open();
      const reason = Object.assign(new Error('enough'), { code: 'enough' });
      const signal = AbortSignal.abort(reason);
      const key = `${directory}/a`;
      same(await refusal(engine.get(key, { signal }), 'a read'), 'enough', 'its reason');
      same(await refusal(engine.list(directory, { signal }), 'a listing'), 'enough', 'its reason');
      const put = engine.transact({ operations: [{ kind: 'put', key, value: bytes('x') }], signal });
      same(await refusal(put, 'a write'), 'enough', 'its reason');
      same(await refusal(engine.session({ ttlMs: 10_000, signal }), 'a session'), 'enough', 'its reason');
    },
  },
  {
    name: 'behind its end an engine refuses everything and may be closed again',
    needs: [],
    run: async ({ open, directory }) => {
      const engine = await open();
      const session = await engine.session({ ttlMs: 10_000 });
      await engine.close();
      await engine.close();
      same([session.isLive, session.over.aborted], [false, true], 'its session');
      same(await refusal(engine.get(`${directory}/a`), 'a read'), 'closed', 'its code');
      same(await refusal(engine.session({ ttlMs: 10_000 }), 'a session'), 'closed', 'its code');
    },
  },
];
