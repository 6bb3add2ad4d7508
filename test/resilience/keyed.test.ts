/** State for each key: what is remembered, what goes, and in which order. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { KeyedStates } from '../../src/resilience/keyed.ts';
import { throwsWith } from '../ports/expectations.ts';

interface Named {
  readonly key: string;
  isBusy: boolean;
}

function named(keysMax: number): { readonly states: KeyedStates<Named>; readonly evicted: string[] } {
  const evicted: string[] = [];
  const states = new KeyedStates<Named>({
    keysMax,
    make: (key) => ({ key, isBusy: false }),
    isIdle: ({ isBusy }) => !isBusy,
    onEvicted: (key) => evicted.push(key),
  });
  return { states, evicted };
}

function keysOf(states: KeyedStates<Named>): string[] {
  return [...states.entries()].map(([key]) => key);
}

test('a key has one state for as long as it is remembered', () => {
  const { states } = named(2);
  assert.equal(states.of('a'), states.of('a'));
  assert.equal(states.of('a').key, 'a');
  assert.equal(states.peek('b'), undefined);
});

test('beyond the bound the least recently used goes, and looking is no use', () => {
  const { states, evicted } = named(3);
  for (const key of ['a', 'b', 'c', 'a']) states.of(key);
  states.peek('b');
  states.of('d');
  assert.deepEqual(keysOf(states), ['c', 'a', 'd']);
  assert.deepEqual(evicted, [], 'nobody is told of what was idle');
});

test('one that is idle goes before an older one that is in use', () => {
  const { states, evicted } = named(3);
  states.of('a').isBusy = true;
  for (const key of ['b', 'c', 'd']) states.of(key);
  assert.deepEqual(keysOf(states), ['c', 'a', 'd']);
  assert.deepEqual(evicted, []);
});

test('where all are in use the oldest goes, and it is told', () => {
  const { states, evicted } = named(3);
  for (const key of ['a', 'b', 'c']) states.of(key).isBusy = true;
  states.of('d');
  assert.deepEqual(keysOf(states), ['b', 'c', 'd']);
  assert.deepEqual(evicted, ['a']);
});

test('a search among many in use ends after a few of them', () => {
  let looks = 0;
  const states = new KeyedStates<string>({
    keysMax: 1000,
    make: (key) => key,
    isIdle: () => {
      looks += 1;
      return false;
    },
  });
  for (let key = 0; key < 1001; key += 1) states.of(`${key}`);
  assert.equal(states.size, 1000);
  assert.equal(looks, 8);
});

test('a state that cannot be made takes nobody its place', () => {
  const states = new KeyedStates<string>({
    keysMax: 1,
    make: (key) => {
      if (key === 'bad') throw new RangeError('no');
      return key;
    },
  });
  states.of('good');
  assert.throws(() => states.of('bad'), RangeError);
  assert.equal(states.peek('good'), 'good');
});

test('a smaller bound takes effect at once, a larger one with the next keys', () => {
  const { states } = named(4);
  for (const key of ['a', 'b', 'c', 'd']) states.of(key);
  states.resize(2);
  assert.deepEqual(keysOf(states), ['c', 'd']);
  states.resize(3);
  states.of('e');
  assert.deepEqual(keysOf(states), ['c', 'd', 'e']);
  states.delete('d');
  states.delete('d');
  assert.deepEqual(keysOf(states), ['c', 'e']);
});

test('a hundred thousand keys through a bound of a thousand leave a thousand', () => {
  const { states } = named(1000);
  for (let key = 0; key < 100_000; key += 1) states.of(`key ${key}`);
  assert.equal(states.size, 1000);
  assert.equal(keysOf(states)[0], 'key 99000');
});

for (const keysMax of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 10_000_001]) {
  test(`a bound of ${keysMax} keys is refused`, () => {
    throwsWith('invalid-option', () => named(keysMax));
  });
}

test('any sequence of uses leaves what a plain list would', () => {
  const steps = fc.array(
    fc.record({
      use: fc.constantFrom('of', 'peek', 'delete'),
      key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
    }),
  );
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), steps, (keysMax, uses) => {
      const { states } = named(keysMax);
      let plain: string[] = [];
      for (const { use, key } of uses) {
        if (use === 'peek') {
          assert.equal(states.peek(key) !== undefined, plain.includes(key));
          continue;
        }
        plain = plain.filter((other) => other !== key);
        if (use === 'delete') states.delete(key);
        else {
          states.of(key);
          plain.push(key);
          plain = plain.slice(-keysMax);
        }
        assert.deepEqual(keysOf(states), plain);
      }
    }),
  );
});
