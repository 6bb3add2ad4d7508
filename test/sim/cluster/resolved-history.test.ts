import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Writings } from '../../../src/sim/cluster/resolved-history.ts';
import type { History } from '../../../src/sim/index.ts';
import { checkHistory, HistoryBuilder } from '../../../src/sim/index.ts';

/** Sixty writes of which nobody knows what became, while one client reads on. */
function manyUnknown(): History {
  const builder = new HistoryBuilder();
  let time = 0;
  const next = (): number => {
    time += 1;
    return time;
  };
  for (let value = 1; value <= 60; value += 1) {
    builder.add({ process: value, type: 'invoke', f: 'write', key: 1, value, time: next() });
    builder.add({ process: value, type: 'info', f: 'write', key: 1, value, time: next() });
  }
  for (const value of [7, 50]) {
    builder.add({ process: 0, type: 'invoke', f: 'read', key: 1, value: null, time: next() });
    builder.add({ process: 0, type: 'ok', f: 'read', key: 1, value, time: next(), revision: value });
  }
  return builder.history();
}

test('writes of unknown outcome are applied where they took effect, and left out where they did not', () => {
  const writings = new Writings();
  writings.wrote(7, 7);
  writings.wrote(50, 50);
  const operations = writings.resolve(manyUnknown());
  assert.deepEqual(
    operations.map(({ f, input, outcome, revision }) => [f, input, outcome, revision]),
    [
      ['write', 7, 'applied', 7],
      ['write', 50, 'applied', 50],
      ['read', null, 'applied', 7],
      ['read', null, 'applied', 50],
    ],
  );
  assert.equal(checkHistory({ operations }, { model: 'register' }).verdict, 'valid');
});

test('a read of what never took effect is still found', () => {
  const operations = new Writings().resolve(manyUnknown());
  assert.equal(checkHistory({ operations }, { model: 'register' }).verdict, 'invalid');
});

/** One write of 7, answered as given. */
function oneWrite(type: 'ok' | 'fail', revision?: number): History {
  const builder = new HistoryBuilder();
  const write = { process: 1, f: 'write', key: 1, value: 7 } as const;
  builder.add({ ...write, type: 'invoke', time: 1 });
  builder.add({ ...write, type, time: 2, ...(revision === undefined ? {} : { revision }) });
  return builder.history();
}

test('a client that is told what is not so is noticed, although nobody reads the value', () => {
  const writings = new Writings();
  assert.equal(writings.lie(oneWrite('fail')), undefined);
  assert.match(writings.lie(oneWrite('ok', 3)) ?? '', /never took effect/);
  writings.wrote(7, 4);
  writings.wrote(7, 4);
  assert.equal(writings.lie(oneWrite('ok', 4)), undefined);
  assert.match(writings.lie(oneWrite('ok', 3)) ?? '', /took effect at revision 4/);
  assert.match(writings.lie(oneWrite('fail')) ?? '', /took effect at revision 4/);
  writings.wrote(7, 9);
  assert.match(writings.lie(oneWrite('ok', 9)) ?? '', /took effect twice, at 4 and at 9/);
});
