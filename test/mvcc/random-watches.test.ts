/** Random watchers, stopped, resumed and removed while commands come, against the list of all changes. */
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
import { Driver, everything, textOf } from './commands.ts';
import { Model } from './model.ts';
import { drawnCommand, resolve } from './random-commands.ts';
import { assertProperty, Story } from './story.ts';

function tell({ kind, key: of, value, revision }: HistoryEvent): string {
  return `${revision} ${kind} ${textOf(of)}${value.length > 0 ? `=${textOf(value)}` : ''}`;
}

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
        if (next.kind === 'nothing') continue;
        run.take();
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
    if (revision > 0) this.#hub.publish(revision);
  }

  /** What several commands have brought is handed over together, before watchers change. */
  take(): void {
    this.#take(this.#hub.take());
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
    this.take();
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
    const told = deliveries.flatMap(({ watchers }) => [...watchers]);
    assert.equal(new Set(told).size, told.length, 'each watcher is in one delivery');
    for (const { changes, watchers } of deliveries) {
      const heard = changes.map(({ event }) => ({ revision: event.revision, text: tell(event) }));
      for (const id of watchers) this.#watchers.get(id)?.heard.push(...heard);
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
