import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AnyQuorateError, isQuorateError } from '../../src/base/index.ts';
import { PersistQueue, type PersistQueueOptions } from '../../src/node/persist-queue.ts';
import type { Entry } from '../../src/raft/index.ts';
import type { GroupAppend } from '../../src/storage/index.ts';
import { ManualClock } from '../net/manual-clock.ts';
import { diskFailed, diskFull } from '../storage/fault-disk.ts';

interface Write {
  readonly appends: readonly GroupAppend[];
  done(error?: AnyQuorateError): void;
}

interface Story {
  readonly queue: PersistQueue;
  readonly clock: ManualClock;
  /** Handed to the log and not answered yet. */
  readonly writes: Write[];
  readonly handedOver: GroupAppend[][];
  readonly durable: string[];
  readonly failures: unknown[];
  add(name: string, group: number, entries?: readonly Entry[]): void;
  /** The log answers the oldest write. */
  answer(error?: unknown): void;
}

function story(options: Partial<PersistQueueOptions> = {}): Story {
  const clock = new ManualClock();
  const writes: Write[] = [];
  const handedOver: GroupAppend[][] = [];
  const durable: string[] = [];
  const failures: unknown[] = [];
  const queue = new PersistQueue({
    clock,
    append: (appends, done) => {
      writes.push({ appends, done });
      handedOver.push([...appends]);
    },
    onDiskFull: () => undefined,
    onFailure: (error) => failures.push(error),
    diskFullRetryMs: 250,
    appendBytesMax: 10_000,
    ...options,
  });
  const add = (name: string, group: number, entries?: readonly Entry[]): void =>
    queue.add({ group, entries }, () => durable.push(name));
  const answer = (error?: unknown): void => {
    const write = writes.shift();
    assert.ok(write !== undefined, 'a write is under way');
    if (error === undefined) write.done();
    else {
      assert.ok(isQuorateError(error));
      write.done(error);
    }
  };
  return { queue, clock, writes, handedOver, durable, failures, add, answer };
}

function groups(writes: readonly (readonly GroupAppend[])[]): number[][] {
  return writes.map((appends) => appends.map(({ group }) => group));
}

function entry(index: number, bytes: number): Entry {
  return { index, term: 1, kind: 'command', data: new Uint8Array(bytes) };
}

test('33 · what a turn brings is one append; what comes while it is written is the next; all hear in order', () => {
  const { queue, writes, handedOver, durable, add, answer } = story();
  add('a', 1);
  add('b', 2);
  queue.flush();
  add('c', 1);
  queue.flush();
  add('d', 3);
  queue.flush();
  assert.equal(writes.length, 1, 'one append is under way at a time');
  assert.deepEqual(durable, []);
  answer();
  assert.deepEqual(durable, ['a', 'b']);
  answer();
  assert.deepEqual(durable, ['a', 'b', 'c', 'd']);
  assert.deepEqual(groups(handedOver), [
    [1, 2],
    [1, 3],
  ]);
  queue.flush();
  assert.equal(writes.length, 0);
});

test('a full disk is waited out with the same append, and nothing overtakes it', () => {
  let told = 0;
  const { queue, clock, handedOver, durable, add, answer, failures } = story({
    onDiskFull: () => {
      told += 1;
    },
  });
  add('a', 1);
  queue.flush();
  for (let tries = 1; tries <= 3; tries += 1) {
    answer(diskFull('log'));
    add(`later ${tries}`, 2);
    queue.flush();
    clock.advance(249);
    assert.equal(handedOver.length, tries);
    clock.advance(1);
    assert.deepEqual(groups(handedOver).at(-1), [1]);
  }
  answer();
  answer();
  assert.deepEqual(durable, ['a', 'later 1', 'later 2', 'later 3']);
  assert.deepEqual(groups(handedOver), [[1], [1], [1], [1], [2, 2, 2]]);
  assert.deepEqual(failures, []);
  assert.equal(told, 1, 'one full disk is told of once, however often it is tried');
  add('b', 1);
  queue.flush();
  answer(diskFull('log'));
  assert.equal(told, 2);
});

test('an error that the log throws at the door is treated as one that it answers', () => {
  const errors = [diskFull('log'), diskFailed('write', 'log')];
  for (const [place, error] of errors.entries()) {
    const { queue, clock, failures, add } = story({
      append: () => {
        throw error;
      },
    });
    add('a', 1);
    queue.flush();
    assert.equal(failures.length, place);
    assert.equal(clock.timers, 1 - place);
  }
});

test('28 · after a failed write nobody is told that anything is durable, and nothing is written', () => {
  const { queue, clock, writes, durable, failures, add, answer } = story();
  add('a', 1);
  queue.flush();
  add('b', 1);
  const error = diskFailed('sync', 'log');
  const late = writes[0];
  answer(error);
  assert.deepEqual(failures, [error]);
  late?.done();
  add('c', 1);
  queue.flush();
  clock.advance(10_000);
  assert.equal(writes.length, 0);
  assert.deepEqual(durable, []);
  assert.deepEqual(failures, [error], 'the failure is told once');
});

test('an assertion in the log ends the node, not the process', () => {
  const broken = new Error('assertion failed');
  const { queue, failures, add } = story({
    append: () => {
      throw broken;
    },
  });
  add('a', 1);
  queue.flush();
  assert.deepEqual(failures, [broken]);
});

test('after close nothing is told, nothing is written and no timer is left', () => {
  const { queue, clock, writes, durable, failures, add, answer } = story();
  add('a', 1);
  queue.flush();
  answer(diskFull('log'));
  assert.equal(clock.timers, 1);
  queue.close();
  assert.equal(clock.timers, 0);
  const under = story();
  under.add('a', 1);
  under.queue.flush();
  under.queue.close();
  under.queue.close();
  under.answer();
  under.add('b', 1);
  under.queue.flush();
  assert.deepEqual([durable, under.durable, failures, under.failures], [[], [], [], []]);
  assert.equal(writes.length + under.writes.length, 0);
});

test('a node that ends because of one durable answer does not hear the others', () => {
  const { queue, durable, add, answer } = story();
  queue.add({ group: 1 }, () => queue.close());
  add('b', 1);
  queue.flush();
  answer();
  assert.deepEqual(durable, []);
});

test('more than the log takes at once goes in several appends, and is durable with the last', () => {
  const { queue, writes, handedOver, durable, add, answer } = story();
  const entries = Array.from({ length: 30 }, (_, place) => entry(place + 1, 1_000));
  add('many', 1, entries);
  add('one', 2, [entry(1, 50_000)]);
  add('none', 3);
  queue.flush();
  while (writes.length > 0) {
    assert.deepEqual(
      durable.includes('many'),
      handedOver.flat().some(({ group }) => group !== 1),
    );
    answer();
  }
  assert.deepEqual(durable, ['many', 'one', 'none']);
  assert.ok(handedOver.length > 4);
  const sent = handedOver.flat().filter(({ group }) => group === 1);
  assert.deepEqual(
    sent.flatMap((append) => append.entries ?? []),
    entries,
  );
});
