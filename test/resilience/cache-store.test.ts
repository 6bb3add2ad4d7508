/** What an answer is good for by its age, and stores outside: that they work, fail or hang, and fail no call. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freshnessAt } from '../../src/resilience/cache-freshness.ts';
import type { CacheEntry, CacheStore } from '../../src/resilience/index.ts';
import { turn } from '../net/manual-clock.ts';
import { CacheScene } from './cache-scene.ts';

const rules = { ttlMs: 10, staleForMs: 5, staleOnErrorForMs: 20 };
const ages: readonly [number, ReturnType<typeof freshnessAt>][] = [
  [-11, 'gone'],
  [-10, 'fresh'],
  [0, 'fresh'],
  [9.9, 'fresh'],
  [10, 'stale'],
  [14.9, 'stale'],
  [15, 'spare'],
  [29.9, 'spare'],
  [30, 'gone'],
  [Number.NaN, 'gone'],
];
for (const [ageMs, freshness] of ages) {
  test(`at an age of ${ageMs} ms an answer is ${freshness}`, () => {
    assert.equal(freshnessAt(ageMs, rules), freshness);
  });
}

test('an answer may be stale for longer than it may stand in for a failure', () => {
  const longer = { ...rules, staleForMs: 30 };
  assert.equal(freshnessAt(39, longer), 'stale');
  assert.equal(freshnessAt(40, longer), 'gone');
});

/** A store outside, that works, fails or hangs. */
class OuterStore implements CacheStore {
  readonly entries = new Map<string, CacheEntry>();
  readonly keptMs: number[] = [];
  mode: 'works' | 'fails' | 'throws' | 'hangs' = 'works';

  get(key: string): CacheEntry | undefined | Promise<CacheEntry | undefined> {
    return this.#answer(() => this.entries.get(key));
  }

  set(key: string, entry: CacheEntry, keepMs: number): unknown {
    this.keptMs.push(keepMs);
    return this.#answer(() => this.entries.set(key, entry));
  }

  delete(key: string): unknown {
    return this.#answer(() => this.entries.delete(key));
  }

  #answer<T>(operation: () => T): T | Promise<T> {
    if (this.mode === 'throws') throw new Error('store');
    if (this.mode === 'fails') return Promise.reject(new Error('store'));
    if (this.mode === 'hangs') return new Promise(() => undefined);
    return Promise.resolve(operation());
  }
}

test('a store outside keeps answers by the wall clock, and is told for how long', async () => {
  const store = new OuterStore();
  const scene = new CacheScene({ store, staleFor: '5s', staleOnErrorFor: '1m' });
  assert.equal(await scene.get(), 1);
  await turn();
  assert.deepEqual(store.entries.get('a'), { value: 1, storedAtMs: scene.clock.wall() });
  assert.deepEqual(store.keptMs, [70_000]);
  assert.equal(await scene.get(), 1);
  await scene.cache.invalidate('a');
  assert.equal(await scene.get(), 2);
  await turn();
  assert.equal(scene.clock.timers, 0);
});

for (const mode of ['fails', 'throws'] as const) {
  test(`a store that ${mode} fails no call, and is told of`, async () => {
    const store = new OuterStore();
    const scene = new CacheScene({ store });
    store.mode = mode;
    assert.equal(await scene.get(), 1);
    await turn();
    const told = scene.events.filter(({ type }) => type === 'cache-store-failed');
    assert.deepEqual(
      told.map((event) => event.type === 'cache-store-failed' && event.operation),
      ['get', 'set'],
    );
    await assert.rejects(scene.cache.invalidate('a'), { message: 'store' });
  });
}

test('what is outdated does not come back by a writing that was on its way to the store', async () => {
  const store = new OuterStore();
  const scene = new CacheScene({ store });
  const writing = Promise.withResolvers<void>();
  const { set } = store;
  store.set = async (...entry) => {
    await writing.promise;
    await set.apply(store, entry);
  };
  assert.equal(await scene.get(), 1);
  const outdated = scene.cache.invalidate('a');
  await turn();
  writing.resolve();
  await outdated;
  assert.equal(await scene.get(), 2);
  await turn();
});

test('a writing that hangs holds nothing up longer than the store may take', async () => {
  const store = new OuterStore();
  const scene = new CacheScene({ store, storeTimeout: '50ms' });
  store.set = () => new Promise(() => undefined);
  assert.equal(await scene.get(), 1);
  store.entries.set('a', { value: 0, storedAtMs: scene.clock.wall() });
  const outdated = scene.cache.invalidate('a');
  await turn();
  assert.equal(store.entries.size, 1);
  scene.clock.advance(50);
  await outdated;
  assert.equal(store.entries.size, 0);
});

test('a store that hangs is not waited for longer than is said', async () => {
  const store = new OuterStore();
  store.mode = 'hangs';
  const scene = new CacheScene({ store, storeTimeout: '50ms' });
  const answer = scene.get();
  await turn();
  assert.equal(scene.asked, 0);
  scene.clock.advance(50);
  assert.equal(await answer, 1);
  scene.clock.advance(50);
  await turn();
  assert.deepEqual(scene.told(), ['store-failed', 'fetched', 'store-failed']);
});

test('what a store gives that is no entry is none', async () => {
  const store = new OuterStore();
  const scene = new CacheScene({ store });
  store.entries.set('a', 'text' as unknown as CacheEntry);
  store.entries.set('b', null as unknown as CacheEntry);
  assert.deepEqual([await scene.get('a'), await scene.get('b')], [1, 2]);
  assert.deepEqual(scene.told().sort(), ['fetched', 'fetched', 'store-failed']);
});
