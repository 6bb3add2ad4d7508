/**
 * Watches: in order, nothing twice, nothing left out, one revision together, and an honest word when the past
 * is compacted. The rules as stories, then random watchers against the list of all changes.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type CatchUpBudget,
  type HistoryEvent,
  type KeyRange,
  type WatchDelivery,
  WatchHub,
} from '../../src/mvcc/index.ts';
import { bytes, Driver, del, everything, get, key, prefix, put, textOf } from './commands.ts';
import { Model } from './model.ts';
import { drawnCommand, resolve } from './random-commands.ts';
import { assertProperty, Story } from './story.ts';

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
    if (revision > 0) this.take(this.hub.publish(revision));
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
    for (const { event, watchers } of deliveries) {
      for (const id of watchers) this.got.get(id)?.push(tell(event));
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

test('one revision comes whole, however small the slices are', () => {
  const watched = new Watched();
  for (let turn = 0; turn < 6; turn += 1) watched.send(put(`k${turn}`, 'x'.repeat(100)));
  watched.send(del(prefix('k')));
  watched.watch(1, everything, 1);
  const sizes: number[] = [];
  for (let isDone = false; !isDone; ) {
    const slice = watched.hub.catchUp({ eventsMax: 1, bytesMax: 1 });
    sizes.push(slice.deliveries.length);
    isDone = slice.isDone;
  }
  assert.deepEqual(sizes, [1, 1, 1, 1, 1, 1, 6]);
});

test('what a key was before is told to who wants it', () => {
  const driver = new Driver();
  const hub = new WatchHub(driver.store);
  hub.add({ id: 1, range: everything, from: 0, wantPrevious: true });
  const before = (): string | undefined => {
    const [delivery] = hub.publish(driver.store.revision);
    return delivery?.previous === undefined ? undefined : tell(delivery.previous);
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
  const [delivery] = hub.publish(1);
  for (let turn = 0; turn < 500; turn += 1) driver.send(put('a', 'y'.repeat(50)));
  driver.send({ kind: 'compact', revision: 500 });
  driver.send({ kind: 'collect', events: 500 });
  for (let turn = 0; turn < 500; turn += 1) driver.send(put('b', 'z'.repeat(50)));
  assert.equal(delivery && tell(delivery.event), '1 put a=first');
});

interface Fate {
  readonly kind: 'add' | 'remove' | 'stop' | 'resume' | 'catch-up' | 'nothing';
  readonly watcher: number;
  readonly range: KeyRange;
  readonly number: number;
}

const bound = fc.uint8Array({ minLength: 1, maxLength: 2, min: 97, max: 99 });
const fate: fc.Arbitrary<Fate> = fc.record({
  kind: fc.constantFrom<Fate['kind']>(
    'add',
    'add',
    'remove',
    'stop',
    'resume',
    'catch-up',
    'nothing',
    'nothing',
  ),
  watcher: fc.nat(5),
  range: fc.oneof(
    bound.map((start) => ({ start, end: undefined })),
    fc.tuple(bound, bound).map(([start, end]) => ({ start, end })),
    fc.constant(everything),
  ),
  number: fc.nat(1_000),
});

/** What one watcher must have heard, kept by the test. */
interface Expectation {
  readonly range: KeyRange;
  readonly from: number;
  readonly heard: { revision: number; text: string }[];
  stopped: boolean;
}

test('random watchers, stopped, resumed and removed, hear exactly what the list of changes says', () => {
  const steps = fc.array(fc.tuple(drawnCommand, fate), { minLength: 20, maxLength: 100, size: 'max' });
  const property = fc.property(steps, (drawn) => {
    const story = new Story();
    story.tell(() => {
      const run = new RandomWatch();
      for (const [index, [step, next]] of drawn.entries()) {
        const command = resolve(step, run.model);
        story.sent(index + 1, command);
        run.model.apply(index + 1, command);
        run.send(command);
        story.note(`${next.kind} watcher ${next.watcher}`);
        run.meet(next);
      }
      run.finish();
    });
  });
  assertProperty(property, 150);
});

class RandomWatch {
  readonly model = new Model();
  readonly #driver = new Driver();
  readonly #hub: WatchHub = new WatchHub(this.#driver.store);
  readonly #watchers = new Map<number, Expectation>();

  send(command: ReturnType<typeof resolve>): void {
    const { session, fences, body } = command;
    this.#driver.send(body, session === undefined ? { fences } : { session, fences });
    const revision = this.#driver.last?.revision ?? 0;
    if (revision > 0) this.#take(this.#hub.publish(revision));
  }

  meet({ kind, watcher: id, range, number }: Fate): void {
    const watcher = this.#watchers.get(id);
    if (kind === 'catch-up') this.#catchUp({ eventsMax: 1 + (number % 6), bytesMax: 1 + (number % 50) });
    else if (kind === 'add' && watcher === undefined) this.#add(id, range, number);
    else if (watcher === undefined) return;
    else if (kind === 'remove') this.#remove(id);
    else if (kind === 'stop' && !watcher.stopped) this.#stop(id, watcher, number);
    else if (kind === 'resume' && watcher.stopped) this.#resume(id, watcher);
  }

  /** Everything that is behind catches up; then each watcher has heard all there is to hear. */
  finish(): void {
    for (const [id, watcher] of [...this.#watchers]) if (watcher.stopped) this.#resume(id, watcher);
    for (let isDone = false; !isDone; ) isDone = this.#catchUp({ eventsMax: 3, bytesMax: 100 });
    for (const [id, watcher] of this.#watchers) {
      assert.deepEqual(watcher.heard, this.#due(watcher, this.model.revision));
      assert.equal(this.#hub.progress(id), this.model.revision);
    }
  }

  #add(id: number, range: KeyRange, number: number): void {
    const { revision, compacted } = this.model;
    const from = number % 4 === 0 ? 0 : number % (revision + 3);
    const isThere = this.#hub.add({ id, range, from, wantPrevious: number % 2 === 0 });
    assert.equal(isThere, from === 0 || from > compacted);
    if (isThere)
      this.#watchers.set(id, { range, from: from === 0 ? revision + 1 : from, heard: [], stopped: false });
  }

  #remove(id: number): void {
    this.#hub.remove(id);
    this.#watchers.delete(id);
  }

  /** The queue was full: some of what was handed over last never got in. */
  #stop(id: number, watcher: Expectation, number: number): void {
    const next = Math.max(watcher.from, (this.#hub.progress(id) as number) + 1 - (number % 3));
    watcher.heard.splice(watcher.heard.findIndex(({ revision }) => revision >= next) >>> 0);
    this.#hub.stop(id, next);
    watcher.stopped = true;
  }

  #resume(id: number, watcher: Expectation): void {
    watcher.stopped = false;
    if (!this.#hub.resume(id)) this.#watchers.delete(id);
  }

  #catchUp(budget: CatchUpBudget): boolean {
    const { deliveries, compacted, isDone } = this.#hub.catchUp(budget);
    for (const id of compacted) this.#watchers.delete(id);
    this.#take(deliveries);
    return isDone;
  }

  #take(deliveries: readonly WatchDelivery[]): void {
    for (const { event, watchers } of deliveries) {
      assert.equal(new Set(watchers).size, watchers.length);
      for (const id of watchers)
        this.#watchers.get(id)?.heard.push({ revision: event.revision, text: tell(event) });
    }
    for (const [id, watcher] of this.#watchers) {
      const through = this.#hub.progress(id) as number;
      assert.deepEqual(watcher.heard, this.#due(watcher, through));
    }
  }

  #due({ range: { start, end }, from }: Expectation, through: number): Expectation['heard'] {
    const due: Expectation['heard'] = [];
    for (let revision = from; revision <= through; revision += 1) {
      for (const { kind, entry } of this.model.events[revision] ?? []) {
        const order = Buffer.compare(entry.key, start);
        const within =
          end === undefined
            ? order === 0
            : order >= 0 && (end.length === 0 || Buffer.compare(entry.key, end) < 0);
        const value = entry.value.length > 0 ? `=${textOf(entry.value)}` : '';
        if (within) due.push({ revision, text: `${revision} ${kind} ${textOf(entry.key)}${value}` });
      }
    }
    return due;
  }
}
