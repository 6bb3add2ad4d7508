/** Answers that are kept: what is given when, what is asked for again, and what is never given. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AssertionFailure } from '../../src/base/index.ts';
import { type CacheAsideOptions, type CacheStore, cacheAside } from '../../src/resilience/index.ts';
import { ManualClock, turn } from '../net/manual-clock.ts';
import { CacheScene } from './cache-scene.ts';

test('a fresh answer is given again, by reference, until its time is over', async () => {
  const scene = new CacheScene();
  const answer = { price: 5 };
  const get = (): Promise<unknown> => scene.cache.execute(() => answer, { key: 'x' });
  assert.equal(await get(), answer);
  assert.equal(await get(), answer);
  assert.equal(await scene.get(), 1);
  scene.clock.advance(9_999);
  assert.equal(await scene.get(), 1);
  scene.clock.advance(1);
  assert.equal(await scene.get(), 2);
  assert.deepEqual(scene.told(), ['fetched', 'fresh', 'fetched', 'fresh', 'fetched']);
});

test('undefined, null and false are answers', async () => {
  for (const value of [undefined, null, false]) {
    const scene = new CacheScene();
    let asked = 0;
    const task = (): unknown => {
      asked += 1;
      return value;
    };
    for (let call = 0; call < 3; call += 1)
      assert.equal(await scene.cache.execute(task, { key: 'a' }), value);
    assert.equal(asked, 1);
  }
});

test('keys are kept apart, and a call without one is not kept', async () => {
  const scene = new CacheScene();
  assert.deepEqual([await scene.get('a'), await scene.get('b'), await scene.get('a')], [1, 2, 1]);
  assert.equal(await scene.cache.execute(scene.task), 3);
  assert.equal(await scene.cache.execute(scene.task), 4);
});

test('calls that miss at the same time share one execution', async () => {
  const scene = new CacheScene();
  assert.deepEqual(await Promise.all([scene.get(), scene.get(), scene.get()]), [1, 1, 1]);
});

test('a stale answer is given at once, and asked for again in the background, once', async () => {
  const scene = new CacheScene({ staleFor: '10s' });
  await scene.get();
  scene.clock.advance(10_000);
  const gate = Promise.withResolvers<void>();
  scene.gate = gate.promise;
  assert.deepEqual(await Promise.all([scene.get(), scene.get()]), [1, 1]);
  assert.equal(scene.asked, 2);
  assert.equal(scene.clock.foreground, 0, 'nobody waits for it, so it keeps no process alive');
  gate.resolve();
  await turn();
  assert.equal(await scene.get(), 2);
  assert.deepEqual(scene.told(), ['fetched', 'stale', 'stale', 'fresh']);
  assert.equal(scene.clock.timers, 0);
});

test('a refresh that fails is told, and is not tried again at once', async () => {
  const scene = new CacheScene({ staleFor: '1m', failurePause: '1s' });
  await scene.get();
  scene.clock.advance(10_000);
  scene.failure = { error: 'away' };
  assert.equal(await scene.get(), 1);
  await turn();
  assert.equal(await scene.get(), 1);
  assert.equal(scene.asked, 2);
  assert.deepEqual(scene.told(), ['fetched', 'stale', 'refresh-failed', 'stale']);
  scene.failure = undefined;
  scene.clock.advance(1_000);
  assert.equal(await scene.get(), 1);
  await turn();
  assert.equal(await scene.get(), 3);
});

test('a refresh that takes too long is given up, and the key is free for the next one', async () => {
  const scene = new CacheScene({ staleFor: '1h', refreshTimeout: '5s' });
  await scene.get();
  scene.clock.advance(10_000);
  const gate = Promise.withResolvers<void>();
  scene.gate = gate.promise;
  await scene.get();
  scene.clock.advance(5_000);
  await turn();
  assert.deepEqual(scene.told(), ['fetched', 'stale', 'refresh-failed']);
  scene.gate = undefined;
  assert.equal(await scene.get(), 1);
  await turn();
  assert.equal(await scene.get(), 3);
  gate.resolve();
  await turn();
  assert.equal(await scene.get(), 3, 'what was given up is not kept when it comes after all');
  assert.equal(scene.clock.timers, 0);
});

test('an old answer stands in for a failure, and the next call does not wait for another one', async () => {
  const scene = new CacheScene({ staleOnErrorFor: '1m', failurePause: '1s' });
  await scene.get();
  scene.clock.advance(10_000);
  scene.failure = { error: 'away' };
  assert.equal(await scene.get(), 1);
  assert.equal(await scene.get(), 1);
  assert.equal(scene.asked, 2);
  scene.clock.advance(1_000);
  assert.equal(await scene.get(), 1);
  assert.equal(scene.asked, 3);
  assert.deepEqual(scene.told(), ['fetched', 'stale-on-error', 'stale-on-error', 'stale-on-error']);
  scene.clock.advance(59_000);
  await assert.rejects(scene.get(), (error) => error === 'away');
});

test('an answer that grows too old while the call fails does not stand in for it', async () => {
  const scene = new CacheScene({ staleOnErrorFor: '10s' });
  await scene.get();
  scene.clock.advance(19_999);
  const gate = Promise.withResolvers<void>();
  [scene.gate, scene.failure] = [gate.promise, { error: 'away' }];
  const answer = scene.get();
  scene.clock.advance(1);
  gate.resolve();
  await assert.rejects(answer, (error) => error === 'away');
});

test('what an old answer may not stand in for goes through, also while a failure is fresh', async () => {
  const scene = new CacheScene({ staleOnErrorFor: '1m', staleWhen: (error) => error !== 'forbidden' });
  await scene.get();
  scene.clock.advance(10_000);
  scene.failure = { error: 'forbidden' };
  for (let call = 0; call < 2; call += 1) await assert.rejects(scene.get(), (error) => error === 'forbidden');
  scene.failure = { error: new AssertionFailure('broken') };
  await assert.rejects(scene.get(), AssertionFailure);
});

test('a caller who gives up hears his own reason, and no old answer', async () => {
  const scene = new CacheScene({ staleOnErrorFor: '1m' });
  await scene.get();
  scene.clock.advance(10_000);
  scene.gate = Promise.withResolvers<void>().promise;
  const leaving = new AbortController();
  const answer = scene.cache.execute(scene.task, { key: 'a', signal: leaving.signal });
  await turn();
  leaving.abort('gone');
  await assert.rejects(answer, (reason) => reason === 'gone');
  await turn();
  assert.deepEqual(scene.told(), ['fetched']);
});

test('failures are not kept, unless that is asked for, and then as long as is said', async () => {
  const plain = new CacheScene();
  const keeping = new CacheScene({ failuresFor: '2s' });
  for (const scene of [plain, keeping]) {
    scene.failure = { error: undefined };
    for (let call = 0; call < 2; call += 1) await assert.rejects(scene.get(), (error) => error === undefined);
  }
  assert.equal(plain.asked, 2);
  assert.equal(keeping.asked, 1);
  assert.deepEqual(keeping.told(), ['failure']);
  keeping.failure = undefined;
  keeping.clock.advance(2_000);
  assert.equal(await keeping.get(), 2);
});

test('only what is to be kept is kept', async () => {
  const scene = new CacheScene({ keepWhen: (value) => value !== 1 });
  assert.deepEqual([await scene.get(), await scene.get(), await scene.get()], [1, 2, 2]);
});

test('so many answers are kept, and the one that was not asked for longest goes', async () => {
  const scene = new CacheScene({ entriesMax: 2 });
  for (const key of ['a', 'b', 'a', 'c']) await scene.get(key);
  assert.equal(scene.asked, 3);
  await scene.get('a');
  assert.equal(scene.asked, 3);
  await scene.get('b');
  assert.equal(scene.asked, 4);
});

test('so many are fetched at a time, and beyond that a call is its own', async () => {
  const scene = new CacheScene({ entriesMax: 1 });
  const answers = [scene.get('a'), scene.get('b'), scene.get('b'), scene.get('a')];
  assert.deepEqual(await Promise.all(answers), [1, 2, 3, 1]);
});

test('a stale answer is given also where no more may be fetched, and is not asked for again then', async () => {
  const scene = new CacheScene({ staleFor: '1h', entriesMax: 1 });
  await scene.get();
  scene.clock.advance(10_000);
  const gate = Promise.withResolvers<void>();
  scene.gate = gate.promise;
  const other = scene.get('b');
  assert.equal(await scene.get(), 1);
  assert.equal(scene.asked, 2);
  gate.resolve();
  await other;
});

test('what is outdated is asked for anew, and what was on its way is not kept', async () => {
  const scene = new CacheScene();
  await scene.get();
  await scene.cache.invalidate('a');
  const gate = Promise.withResolvers<void>();
  scene.gate = gate.promise;
  const before = scene.get();
  await turn();
  await scene.cache.invalidate('a');
  const after = scene.get();
  gate.resolve();
  assert.deepEqual([await before, await after, await scene.get()], [2, 3, 3]);
});

test('an assertion that failed is hidden by no old answer, also not from who comes next', async () => {
  const scene = new CacheScene({ staleOnErrorFor: '1m' });
  await scene.get();
  scene.clock.advance(10_000);
  scene.failure = { error: new AssertionFailure('broken') };
  for (let call = 0; call < 2; call += 1) await assert.rejects(scene.get(), AssertionFailure);
});

test('rules that are refused change nothing', async () => {
  const scene = new CacheScene();
  await scene.get();
  assert.throws(() => scene.cache.configure({ ttl: 1, entriesMax: 10_000_001 }), {
    code: 'invalid-option',
    message: /entriesMax is 10000001/,
  });
  scene.clock.advance(9_999);
  assert.equal(await scene.get(), 1);
});

test('is configured anew: what is kept stays, and is judged by the new rules', async () => {
  const scene = new CacheScene();
  await scene.get();
  scene.clock.advance(10_000);
  scene.cache.configure({ ttl: '20s', entriesMax: 1 });
  assert.equal(await scene.get(), 1);
  await scene.get('b');
  assert.equal(await scene.get(), 3);
  assert.throws(() => scene.cache.configure({ ttl: 0 }), { code: 'invalid-option' });
});

const refused: readonly [string, Partial<CacheAsideOptions>, RegExp][] = [
  ['no time to live', { ttl: 0 }, /ttl is 0/],
  ['a negative time', { ttl: 1, staleFor: -1 }, /staleFor is -1/],
  ['no room', { ttl: 1, entriesMax: 0 }, /entriesMax is 0/],
  ['a store that is none', { ttl: 1, store: {} as CacheStore }, /store is/],
  ['a predicate that is none', { ttl: 1, keepWhen: true as unknown as () => boolean }, /keepWhen is true/],
  ['a refresh that may take no time', { ttl: 1, refreshTimeout: 0 }, /refreshTimeout is 0/],
];
for (const [name, options, message] of refused) {
  test(`refused: ${name}`, () => {
    assert.throws(() => cacheAside(options as CacheAsideOptions), { code: 'invalid-option', message });
  });
}

test('whatever happens, an answer is never older than the rules allow, and never that of another key', async () => {
  const step = fc.record({
    key: fc.constantFrom('a', 'b', 'c'),
    afterMs: fc.constantFrom(0, 1, 40, 60, 100),
    isDown: fc.boolean(),
    isInvalidated: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const clock = new ManualClock();
      const cache = cacheAside({
        ttl: 50,
        staleFor: 50,
        staleOnErrorFor: 100,
        failurePause: 10,
        entriesMax: 2,
        clock,
      });
      const outdatedAtMs = new Map<string, number>();
      const failedAtMs = new Map<string, number>();
      for (const { key, afterMs, isDown, isInvalidated } of steps) {
        clock.advance(afterMs);
        if (isInvalidated) {
          await cache.invalidate(key);
          outdatedAtMs.set(key, clock.now());
        }
        const task = (): { key: string; madeAtMs: number } => {
          if (isDown) {
            failedAtMs.set(key, clock.now());
            throw new Error('down');
          }
          return { key, madeAtMs: clock.now() };
        };
        const answer = await cache.execute(task, { key }).catch(() => undefined);
        if (answer === undefined) {
          assert.ok(isDown);
          continue;
        }
        const ageMs = clock.now() - answer.madeAtMs;
        assert.equal(answer.key, key);
        const mayStandIn = clock.now() - (failedAtMs.get(key) ?? Number.NEGATIVE_INFINITY) < 10;
        assert.ok(ageMs < (mayStandIn ? 150 : 100));
        assert.ok(answer.madeAtMs >= (outdatedAtMs.get(key) ?? 0));
        await turn();
      }
      assert.equal(clock.timers, 0);
    }),
    { numRuns: 100 },
  );
});
