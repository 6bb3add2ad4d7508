/** The deque against an array, by random commands that cross its growth and the seam of its ring. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { Deque } from '../../src/base/index.ts';

type Command = 'pushBack' | 'pushFront' | 'popFront' | 'popBack' | 'clear';

function apply(command: Command, element: number, deque: Deque<number>, model: number[]): void {
  switch (command) {
    case 'pushBack':
      deque.pushBack(element);
      model.push(element);
      break;
    case 'pushFront':
      deque.pushFront(element);
      model.unshift(element);
      break;
    case 'popFront':
      assert.equal(deque.popFront(), model.shift());
      break;
    case 'popBack':
      assert.equal(deque.popBack(), model.pop());
      break;
    case 'clear':
      deque.clear();
      model.length = 0;
      break;
  }
}

test('any commands in any order agree with an array', () => {
  const command = fc.oneof(
    { weight: 60, arbitrary: fc.constantFrom<Command>('pushBack', 'pushFront') },
    { weight: 40, arbitrary: fc.constantFrom<Command>('popFront', 'popBack') },
    { weight: 1, arbitrary: fc.constant<Command>('clear') },
  );
  fc.assert(
    fc.property(fc.array(command, { maxLength: 300, size: 'max' }), (commands) => {
      const deque = new Deque<number>();
      const model: number[] = [];
      for (const [element, what] of commands.entries()) {
        apply(what, element, deque, model);
        assert.equal(deque.size, model.length);
        assert.equal(deque.front(), model[0]);
        assert.equal(deque.back(), model.at(-1));
      }
      assert.deepEqual([...deque], model);
      assert.deepEqual(
        Array.from(model, (_, index) => deque.at(index)),
        model,
      );
    }),
  );
});

test('a queue that is always a little full runs around its ring for ever', () => {
  const deque = new Deque<number>();
  for (let element = 0; element < 10; element += 1) deque.pushBack(element);
  for (let element = 10; element < 1_000; element += 1) {
    deque.pushBack(element);
    assert.equal(deque.popFront(), element - 10);
  }
  assert.deepEqual([...deque], [990, 991, 992, 993, 994, 995, 996, 997, 998, 999]);
});

test('an empty deque has nothing to give at either end', () => {
  const deque = new Deque<string>();
  assert.equal(deque.popFront(), undefined);
  assert.equal(deque.popBack(), undefined);
  assert.equal(deque.front(), undefined);
  assert.equal(deque.back(), undefined);
  assert.equal(deque.size, 0);
  assert.deepEqual([...deque], []);
});

test('an index outside is a mistake, never a stale element', () => {
  const deque = new Deque<string>();
  deque.pushBack('a');
  deque.pushBack('b');
  deque.popFront();
  assert.equal(deque.at(0), 'b');
  for (const index of [-1, 1, 16]) assert.throws(() => deque.at(index), { name: 'AssertionFailure' });
});

test('what was taken out is not kept alive by the ring', async () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const deque = new Deque<object>();
  const [front, back] = [{}, {}].map((element) => {
    deque.pushBack(element);
    return new WeakRef(element);
  });
  deque.popFront();
  deque.popBack();
  // A weak reference holds its target until the turn that made it has ended.
  await nextTurn();
  collectGarbage();
  assert.equal(front?.deref(), undefined);
  assert.equal(back?.deref(), undefined);
  assert.equal(deque.size, 0);
});
