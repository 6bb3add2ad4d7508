/**
 * Watches: in order, nothing twice, nothing left out, one revision together, and an honest word when the past
 * is compacted. The rules as stories; random watchers are in a file of their own.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type CatchUpBudget,
  type HistoryEvent,
  type KeyRange,
  type WatchDelivery,
  WatchHub,
} from '../../src/mvcc/index.ts';
import { bytes, Driver, del, everything, get, key, prefix, put, textOf } from './commands.ts';

const plenty: CatchUpBudget = { eventsMax: 1_000_000, bytesMax: 1_000_000 };

function tell({ kind, key: of, value, revision }: HistoryEvent): string {
  return `${revision} ${kind} ${textOf(of)}${value.length > 0 ? `=${textOf(value)}` : ''}`;
}

/** A store with a hub on it, and what each watcher got. */
class Watched {
  readonly driver = new Driver();
  readonly hub: WatchHub = new WatchHub(this.driver.store);
  readonly got: Map<number, string[]> = new Map();

  send(...sent: Parameters<Driver['send']>): void {
    this.driver.send(...sent);
    const revision = this.driver.last?.revision ?? 0;
    if (revision === 0) return;
    this.hub.publish(revision);
    this.take(this.hub.take());
  }

  watch(id: number, range: KeyRange, from = 0): boolean {
    this.got.set(id, []);
    return this.hub.add({ id, range, from, wantPrevious: false });
  }

  catchUp(budget: CatchUpBudget = plenty): readonly number[] {
    const { deliveries, compacted } = this.hub.catchUp(budget);
    this.take(deliveries);
    return compacted;
  }

  take(deliveries: readonly WatchDelivery[]): void {
    for (const { changes, watchers } of deliveries) {
      for (const id of watchers) this.got.get(id)?.push(...changes.map(({ event }) => tell(event)));
    }
  }
}

test('each watcher hears of the changes of its own keys, and of no others', () => {
  const watched = new Watched();
  watched.watch(1, key('a'));
  watched.watch(2, prefix('a'));
  watched.watch(3, everything);
  watched.watch(4, { start: bytes('b'), end: new Uint8Array(0) });
  watched.watch(5, { start: bytes('a'), end: bytes('ab') });
  for (const name of ['a', 'ab', 'b', 'c']) watched.send(put(name));
  watched.send(del('a'));
  assert.deepEqual(Object.fromEntries(watched.got), {
    1: ['1 put a', '5 delete a'],
    2: ['1 put a', '2 put ab', '5 delete a'],
    3: ['1 put a', '2 put ab', '3 put b', '4 put c', '5 delete a'],
    4: ['3 put b', '4 put c'],
    5: ['1 put a', '5 delete a'],
  });
});

test('two keys whose hashes are equal are still two keys', () => {
  const watched = new Watched();
  watched.watch(1, key('k32728'));
  watched.watch(2, key('k261234'));
  watched.watch(3, key('k261234'));
  watched.hub.remove(3);
  watched.send(put('k261234'));
  watched.hub.remove(2);
  watched.send(put('k32728'));
  assert.deepEqual(
    [1, 2, 3].map((id) => watched.got.get(id)),
    [['2 put k32728'], ['1 put k261234'], []],
  );
});

test('a watch from the past hears all of it, then the present, and nothing twice', () => {
  const watched = new Watched();
  for (let turn = 1; turn <= 5; turn += 1) watched.send(put('a', `${turn}`));
  watched.watch(1, key('a'), 3);
  watched.send(put('a', '6'));
  assert.deepEqual(watched.got.get(1), []);
  watched.catchUp();
  watched.send(put('a', '7'));
  assert.deepEqual(watched.got.get(1), ['3 put a=3', '4 put a=4', '5 put a=5', '6 put a=6', '7 put a=7']);
});

test('35 · a watch from a future revision does not hear of what comes before it', () => {
  const watched = new Watched();
  watched.watch(1, everything, 3);
  for (let turn = 1; turn <= 4; turn += 1) watched.send(put('a', `${turn}`));
  assert.deepEqual(watched.got.get(1), ['3 put a=3', '4 put a=4']);
});

test('35 · a deletion is not lost when the revision before it is compacted', () => {
  const watched = new Watched();
  watched.send(put('a'));
  watched.send(del('a'));
  watched.send(put('b'));
  watched.send({ kind: 'compact', revision: 1 });
  for (let turn = 0; turn < 5; turn += 1) watched.send(get('a'));
  assert.equal(watched.watch(1, everything, 2), true);
  watched.catchUp();
  assert.deepEqual(watched.got.get(1), ['2 delete a', '3 put b']);
  assert.equal(watched.watch(2, everything, 1), false, 'revision 1 itself may have lost what it superseded');
});

test('a watcher that falls behind a compaction is told so, and not served with a gap', () => {
  const watched = new Watched();
  for (let turn = 1; turn <= 9; turn += 1) watched.send(put('a', `${turn}`));
  watched.watch(1, everything, 2);
  watched.watch(2, everything, 8);
  watched.send({ kind: 'compact', revision: 6 });
  assert.deepEqual(watched.catchUp(), [1]);
  assert.deepEqual(watched.got.get(1), []);
  assert.deepEqual(watched.got.get(2), ['8 put a=8', '9 put a=9']);
  assert.equal(watched.hub.progress(1), undefined);
});

test('a watcher that never reads is stopped, costs nothing, and goes on without a gap or a repeat', () => {
  const watched = new Watched();
  watched.watch(1, everything);
  watched.watch(2, everything);
  watched.send(put('a', '1'));
  watched.hub.stop(2, 1);
  watched.got.set(2, []);
  for (let turn = 2; turn <= 4; turn += 1) watched.send(put('a', `${turn}`));
  assert.deepEqual(watched.got.get(2), []);
  assert.equal(watched.hub.progress(2), 0);
  assert.equal(watched.hub.resume(2), true);
  watched.catchUp();
  assert.deepEqual(watched.got.get(2), watched.got.get(1));

  watched.hub.stop(2, 5);
  watched.send(put('a', '5'));
  watched.send({ kind: 'compact', revision: 5 });
  assert.equal(watched.hub.resume(2), false);
  assert.equal(watched.hub.size, 1);
});

test('35 · progress means that everything up to it was handed over, and never comes too early', () => {
  const watched = new Watched();
  for (let turn = 1; turn <= 6; turn += 1) watched.send(put('a', `${turn}`));
  watched.watch(1, everything, 2);
  watched.watch(2, everything, 9);
  watched.watch(3, everything);
  assert.deepEqual(
    [1, 2, 3].map((id) => watched.hub.progress(id)),
    [1, 6, 6],
  );
  watched.catchUp({ eventsMax: 2, bytesMax: 1_000 });
  assert.equal(watched.hub.progress(1), 3);
  assert.deepEqual(watched.got.get(1), ['2 put a=2', '3 put a=3']);
  watched.catchUp();
  watched.send(put('b'));
  assert.deepEqual(
    [1, 2, 3].map((id) => watched.hub.progress(id)),
    [7, 7, 7],
  );
});

test('what several commands bring is handed over together, once for all who hear the same', () => {
  const driver = new Driver();
  const hub = new WatchHub(driver.store);
  for (const id of [1, 2, 3]) hub.add({ id, range: prefix('a'), from: 0, wantPrevious: false });
  hub.add({ id: 4, range: prefix('a'), from: 0, wantPrevious: true });
  hub.add({ id: 5, range: prefix('a'), from: 2, wantPrevious: false });
  for (const name of ['a1', 'b', 'a1']) {
    driver.send(put(name));
    hub.publish(driver.store.revision);
  }
  assert.deepEqual(
    [1, 5].map((id) => hub.progress(id)),
    [0, 0],
  );
  const told = hub.take().map(({ changes, watchers }) => ({
    to: [...watchers],
    changes: changes.map(({ event, previous }) => [tell(event), previous && tell(previous)]),
  }));
  assert.deepEqual(told, [
    {
      to: [1, 2, 3],
      changes: [
        ['1 put a1', undefined],
        ['3 put a1', undefined],
      ],
    },
    {
      to: [4],
      changes: [
        ['1 put a1', undefined],
        ['3 put a1', '1 put a1'],
      ],
    },
    { to: [5], changes: [['3 put a1', undefined]] },
  ]);
  assert.equal(hub.progress(1), 3);
  assert.deepEqual(hub.take(), []);
});

test('watchers do not change between what is published and its handing over', () => {
  const driver = new Driver();
  const hub = new WatchHub(driver.store);
  hub.add({ id: 1, range: everything, from: 0, wantPrevious: false });
  driver.send(put('a'));
  hub.publish(1);
  assert.throws(() => hub.add({ id: 2, range: everything, from: 0, wantPrevious: false }), /is taken before/);
  assert.throws(() => hub.stop(1, 1), /is taken before/);
  assert.throws(() => hub.remove(1), /is taken before/);
  assert.throws(() => hub.catchUp(plenty), /is taken before/);
});

test('one revision comes whole, however small the slices are', () => {
  const watched = new Watched();
  for (let turn = 0; turn < 6; turn += 1) watched.send(put(`k${turn}`, 'x'.repeat(100)));
  watched.send(del(prefix('k')));
  watched.watch(1, everything, 1);
  const sizes: number[] = [];
  for (let isDone = false; !isDone; ) {
    const slice = watched.hub.catchUp({ eventsMax: 1, bytesMax: 1 });
    sizes.push(slice.deliveries[0]?.changes.length ?? 0);
    isDone = slice.isDone;
  }
  assert.deepEqual(sizes, [1, 1, 1, 1, 1, 1, 6]);
});

test('what a key was before is told to who wants it', () => {
  const driver = new Driver();
  const hub = new WatchHub(driver.store);
  hub.add({ id: 1, range: everything, from: 0, wantPrevious: true });
  const before = (): string | undefined => {
    hub.publish(driver.store.revision);
    const previous = hub.take()[0]?.changes[0]?.previous;
    return previous === undefined ? undefined : tell(previous);
  };
  driver.send(put('a', '1'));
  assert.equal(before(), undefined);
  driver.send(put('a', '2'));
  assert.equal(before(), '1 put a=1');
  driver.send(del('a'));
  assert.equal(before(), '2 put a=2');
  driver.send(put('a', '3'));
  assert.equal(before(), undefined);
});

test('what was delivered stays what it was when the store goes on', () => {
  const driver = new Driver();
  const hub = new WatchHub(driver.store);
  hub.add({ id: 1, range: everything, from: 0, wantPrevious: true });
  driver.send(put('a', 'first'));
  hub.publish(1);
  const change = hub.take()[0]?.changes[0];
  for (let turn = 0; turn < 500; turn += 1) driver.send(put('a', 'y'.repeat(50)));
  driver.send({ kind: 'compact', revision: 500 });
  driver.send({ kind: 'collect', events: 500 });
  for (let turn = 0; turn < 500; turn += 1) driver.send(put('b', 'z'.repeat(50)));
  assert.equal(change && tell(change.event), '1 put a=first');
});
