/**
 * The order of changes, by scripts and against a model: a server that changes nodes in transactions and writes events
 * and answers to one connection in the order in which it does things.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Item, WatchEvent } from '../../../src/engines/port/index.ts';
import { ChangeOrder } from '../../../src/engines/zookeeper/change-order.ts';

function item(key: string, modified: number): Item {
  return { key, value: new Uint8Array(0), created: 1, modified, session: undefined };
}

function shown(events: readonly WatchEvent[]): string[] {
  return events.map((event) =>
    event.kind === 'put' ? `${event.key}=${event.item.modified}` : `-${event.key}`,
  );
}

test('what is answered out of turn waits for what was told before it', () => {
  const order = new ChangeOrder();
  assert.deepEqual([order.told('a', false), order.told('b', false)], [true, true]);
  order.answered('b', item('b', 2));
  assert.deepEqual(shown(order.take()), []);
  order.answered('a', item('a', 1));
  assert.deepEqual(shown(order.take()), ['a=1', 'b=2']);
});

test('no part of a transaction is given out before the rest of it is known', () => {
  const order = new ChangeOrder();
  order.told('a', false);
  order.answered('a', item('a', 1));
  assert.deepEqual(shown(order.take()), ['a=1']);
  // 1. A change of `x` is told, and read. 2. A transaction over `x` and `y` comes before the answer.
  order.told('y', false);
  order.told('x', false);
  order.answered('y', item('y', 2));
  assert.deepEqual(shown(order.take()), []);
  order.answered('x', item('x', 2));
  assert.deepEqual(shown(order.take()), ['y=2', 'x=2']);
});

test('a deletion and what is made anew behind it are both told', () => {
  const order = new ChangeOrder();
  order.knows(item('a', 1));
  assert.equal(order.told('a', true), true);
  assert.equal(order.told('a', false), false, 'one answer shows both');
  order.answered('a', item('a', 5));
  assert.deepEqual(shown(order.take()), ['-a', 'a=5']);
  assert.equal(order.hasMissed, false);
});

test('two values of which only the second was read are a change that was missed', () => {
  const order = new ChangeOrder();
  order.told('a', false);
  order.told('a', false);
  order.answered('a', item('a', 2));
  assert.equal(order.hasMissed, true);
});

test('an item that came and went unread was missed too, and a deletion alone was not', () => {
  const order = new ChangeOrder();
  order.knows(item('b', 1));
  order.told('b', true);
  order.answered('b', undefined);
  assert.equal(order.hasMissed, false);
  assert.deepEqual(shown(order.take()), ['-b']);
  order.told('a', false);
  order.told('a', true);
  order.answered('a', undefined);
  assert.equal(order.hasMissed, true);
});

const keys = ['a', 'b', 'c'];
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('answer' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('transaction' as const),
      changes: fc.uniqueArray(fc.record({ key: fc.constantFrom(...keys), isDeletion: fc.boolean() }), {
        minLength: 1,
        selector: ({ key }) => key,
      }),
    }),
  },
);

test('whatever the delays, transactions are told whole, in their order, or a miss is owned up to', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const order = new ChangeOrder();
      const nodes = new Map<string, number>();
      const reads: string[] = [];
      const happened: string[][] = [];
      const told: string[] = [];
      let zxid = 0;
      const answer = (): void => {
        const key = reads.shift();
        if (key === undefined) return;
        const modified = nodes.get(key);
        order.answered(key, modified === undefined ? undefined : item(key, modified));
        const batch = shown(order.take());
        told.push(...batch);
        const ends = new Set(happened.map((_, at) => happened.slice(0, at + 1).flat().length));
        assert.ok(order.hasMissed || told.length === 0 || ends.has(told.length), 'a transaction is not cut');
      };
      for (const one of steps) {
        if (one.kind === 'answer') {
          answer();
          continue;
        }
        zxid += 1;
        const changes = one.changes.filter(({ key, isDeletion }) => !isDeletion || nodes.has(key));
        if (changes.length === 0) continue;
        happened.push(changes.map(({ key, isDeletion }) => (isDeletion ? `-${key}` : `${key}=${zxid}`)));
        for (const { key, isDeletion } of changes) {
          if (isDeletion) nodes.delete(key);
          else nodes.set(key, zxid);
          if (order.told(key, isDeletion)) reads.push(key);
        }
        if (order.hasMissed) return;
      }
      while (reads.length > 0) answer();
      if (!order.hasMissed) assert.deepEqual(told, happened.flat());
    }),
  );
});
