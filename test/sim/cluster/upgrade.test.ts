import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeReply } from '../../../src/mvcc/index.ts';
import { StoreMachine } from '../../../src/node/index.ts';
import {
  decodeAnswer,
  encodeQuery,
  encodeSecondForm,
  KeyMachine,
} from '../../../src/sim/cluster/key-machine.ts';
import { SecondKeyMachine } from '../../../src/sim/cluster/second-key-machine.ts';
import { FirstStoreMachine } from '../../../src/sim/cluster/store/index.ts';
import { runTurns, simulate } from '../../../src/sim/index.ts';
import { encoded } from '../../node/store-member.ts';

const nothing = new Uint8Array(0);
const unobserved = { reached: () => undefined, restored: () => undefined };

async function restored(from: KeyMachine, into: KeyMachine, index: number): Promise<KeyMachine> {
  const chunks = from.snapshot();
  await into.restore(
    index,
    (async function* () {
      yield* chunks;
    })(),
  );
  return into;
}

test('the second release means something else by its command than the first would take it for', () => {
  const command = encodeSecondForm(7, 70);
  const first = new KeyMachine(unobserved);
  const second = new SecondKeyMachine(unobserved);
  assert.equal(first.refusal(command)?.code, 'command-unknown');
  assert.deepEqual([second.refusal(command), second.levelNeeded(command)], [undefined, 2]);
  first.apply(1, command);
  second.apply(1, command);
  assert.equal(decodeAnswer(first.read(encodeQuery(7))).value, 0);
  assert.equal(decodeAnswer(second.read(encodeQuery(7))).value, 70);
  assert.notEqual(first.hash(), second.hash());
});

test('its snapshots are those of the first release until the level has risen, and then only its own', async () => {
  const second = new SecondKeyMachine(unobserved);
  second.atLevel(1);
  second.apply(1, encodeSecondForm(7, 70));
  const old = await restored(second, new KeyMachine(unobserved), 1);
  assert.equal(old.hash(), second.hash());
  second.atLevel(2);
  await assert.rejects(restored(second, new KeyMachine(unobserved), 1), { code: 'out-of-bounds' });
  assert.equal((await restored(second, new SecondKeyMachine(unobserved), 1)).hash(), second.hash());
});

test('a cluster is upgraded under faults; old releases are refused; the new command comes last', async () => {
  const seeds = [3, 5];
  const covered = new Map<string, number>();
  for (const seed of seeds) {
    const report = await simulate({
      seed,
      scenario: 'upgrade',
      turns: runTurns,
      faultMs: 25_000,
      healMs: 20_000,
    });
    assert.equal(report.violation, undefined, `seed ${seed}`);
    for (const [what, count] of report.coverage) covered.set(what, (covered.get(what) ?? 0) + count);
  }
  assert.equal(covered.get('levels raised'), seeds.length);
  for (const what of [
    'nodes upgraded',
    'nodes rolled back',
    'old releases brought back',
    'old releases refused',
    'commands of the new release refused',
    'commands of the new release carried out',
  ])
    assert.ok((covered.get(what) ?? 0) > 0, what);
});

test('the store is upgraded too: what only the new release knows is refused until all have it', async () => {
  const report = await simulate({
    seed: 3,
    scenario: 'upgrade',
    store: true,
    turns: runTurns,
    faultMs: 15_000,
    healMs: 20_000,
  });
  assert.equal(report.violation, undefined);
  for (const what of [
    'levels raised',
    'commands of the new release refused',
    'commands of the new release carried out',
    'keys appended',
  ])
    assert.ok((report.coverage.get(what) ?? 0) > 0, what);
});

test('the first release of the store takes an append for what it does not know, at the door and in its log', () => {
  const append = encoded({
    kind: 'append',
    prefix: new Uint8Array(1),
    suffix: nothing,
    value: nothing,
    lease: 0,
  });
  const [first, second] = [new FirstStoreMachine(), new StoreMachine()];
  assert.equal(first.refusal(append)?.code, 'command-unknown');
  assert.deepEqual([second.refusal(append), second.levelNeeded(append)], [undefined, 2]);
  const replies = [first, second].map((machine) => decodeReply(machine.apply(1, append).slice()).body);
  assert.deepEqual(replies[0], {
    kind: 'refused',
    refusal: { code: 'malformed-bytes', first: 1, second: 0 },
  });
  assert.equal(replies[1]?.kind, 'append');
  assert.notEqual(first.hash(), second.hash());
});
