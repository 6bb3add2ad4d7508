import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  decodeAnswer,
  encodeCommand,
  encodeQuery,
  KeyMachine,
} from '../../../src/sim/cluster/key-machine.ts';

const unobserved = { reached: () => undefined, restored: () => undefined };

test('a snapshot is the state as of the call, however late its chunks are taken', async () => {
  const machine = new KeyMachine(unobserved);
  for (let key = 1; key <= 200; key += 1)
    machine.apply(key, encodeCommand({ kind: 'write', key, value: key * 10 }));
  const hash = machine.hash();
  const snapshot = machine.snapshot();
  machine.apply(201, encodeCommand({ kind: 'write', key: 5, value: 999 }));
  const restored = new KeyMachine(unobserved);
  await restored.restore(
    200,
    (async function* () {
      yield* snapshot;
    })(),
  );
  assert.equal(restored.applied, 200);
  assert.equal(restored.hash(), hash);
  assert.equal(decodeAnswer(restored.read(encodeQuery(5))).value, 50);
  assert.notEqual(machine.hash(), hash);
});

test('a compare-and-set answers with what it saw, and changes nothing when that was not expected', () => {
  const machine = new KeyMachine(unobserved);
  machine.apply(1, encodeCommand({ kind: 'write', key: 1, value: 10 }));
  const missed = decodeAnswer(
    machine.apply(2, encodeCommand({ kind: 'cas', key: 1, expected: 11, value: 12 })),
  );
  assert.deepEqual(missed, { done: false, value: 10, revision: 1 });
  const done = decodeAnswer(
    machine.apply(3, encodeCommand({ kind: 'cas', key: 1, expected: 10, value: 12 })),
  );
  assert.deepEqual(done, { done: true, value: 12, revision: 3 });
});

test('a state that was restored without some of its registers does not pass for the whole', async () => {
  const machine = new KeyMachine(unobserved);
  for (let key = 1; key <= 100; key += 1)
    machine.apply(key, encodeCommand({ kind: 'write', key, value: key * 10 }));
  const chunks = [...machine.snapshot()];
  const seen: number[] = [];
  const restored = new KeyMachine({ ...unobserved, reached: (_, hash) => seen.push(hash) });
  await restored.restore(
    100,
    (async function* () {
      yield* chunks.slice(0, -1);
    })(),
  );
  assert.notEqual(restored.hash(), machine.hash());
  assert.deepEqual(seen, [restored.hash()]);
});
