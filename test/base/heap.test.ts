/** The heap against the plainest model there is: a list that is sorted anew for every question. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Heap } from '../../src/base/index.ts';

const ascending = (left: number, right: number): number => left - right;

test('an empty heap has nothing to show and nothing to give', () => {
  const heap = new Heap(ascending);
  assert.equal(heap.size, 0);
  assert.equal(heap.peek(), undefined);
  assert.equal(heap.pop(), undefined);
});

test('timers leave by their due time, whatever the order in which they were set', () => {
  const heap = new Heap<{ readonly due: number; readonly name: string }>(
    (left, right) => left.due - right.due,
  );
  heap.push({ due: 300, name: 'lease' });
  heap.push({ due: 50, name: 'heartbeat' });
  heap.push({ due: 150, name: 'election' });
  assert.equal(heap.peek()?.name, 'heartbeat');
  assert.equal(heap.size, 3, 'a look takes nothing');
  assert.deepEqual(
    [heap.pop(), heap.pop(), heap.pop()].map((timer) => timer?.name),
    ['heartbeat', 'election', 'lease'],
  );
});

test('what is popped until nothing is left comes out sorted', () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { maxLength: 200 }), (elements) => {
      const heap = new Heap(ascending);
      for (const element of elements) heap.push(element);
      const popped = Array.from({ length: elements.length }, () => heap.pop());
      assert.deepEqual(popped, elements.toSorted(ascending));
      assert.equal(heap.size, 0);
    }),
  );
});

test('pushes and pops in any order agree with a sorted list', () => {
  const step = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constant('pop' as const));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const heap = new Heap(ascending);
      const model: number[] = [];
      for (const what of steps) {
        if (what === 'pop') assert.equal(heap.pop(), model.shift());
        else {
          heap.push(what);
          model.push(what);
          model.sort(ascending);
        }
        assert.equal(heap.peek(), model[0]);
        assert.equal(heap.size, model.length);
      }
    }),
  );
});

test('a counter in the element makes ties first in, first out', () => {
  const heap = new Heap<{ readonly due: number; readonly order: number }>(
    (left, right) => left.due - right.due || left.order - right.order,
  );
  for (let order = 0; order < 50; order += 1) heap.push({ due: order % 3, order });
  const popped = Array.from({ length: 50 }, () => heap.pop()?.order as number);
  const expected = [0, 1, 2].flatMap((due) =>
    Array.from({ length: 50 }, (_, order) => order).filter((order) => order % 3 === due),
  );
  assert.deepEqual(popped, expected);
});
