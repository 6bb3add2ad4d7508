/** The gate to a process, alone: what waits for it keeps its order, and nothing overtakes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '../../../src/base/index.ts';
import { Incarnation, Scheduler } from '../../../src/sim/machine/kernel/index.ts';

function makeGate(): { readonly scheduler: Scheduler; readonly gate: Incarnation } {
  const scheduler = new Scheduler({ seed: 1 });
  const uncaught = (error: unknown): void => scheduler.fail(error);
  return {
    scheduler,
    gate: new Incarnation({ scheduler, name: 'a#1', machine: 0, prng: new Prng(1), uncaught }),
  };
}

function runAll(scheduler: Scheduler): void {
  while (scheduler.advance(Number.MAX_SAFE_INTEGER));
}

test('what arrives while a backlog is worked off comes behind it, each in a turn of its own', () => {
  const { scheduler, gate } = makeGate();
  const order: string[] = [];
  const release = gate.hold(false);
  gate.deliverInput(() => {
    order.push('first');
    gate.deliverInput(() => order.push('third'));
    assert.deepEqual(order, ['first'], 'not inside the turn');
  });
  gate.deliverInput(() => order.push('second'));
  runAll(scheduler);
  assert.deepEqual(order, []);
  release();
  let turns = 0;
  while (scheduler.advance(0)) turns += 1;
  assert.deepEqual([order, turns], [['first', 'second', 'third'], 3]);
});

test('a backlog that is interrupted by more work goes on behind it', () => {
  const { scheduler, gate } = makeGate();
  const order: string[] = [];
  const release = gate.hold(false);
  for (const name of ['a', 'b', 'c']) {
    gate.deliverInput(() => {
      order.push(`${name} at ${scheduler.nowMs}`);
      gate.busy(10);
    });
  }
  release();
  runAll(scheduler);
  assert.deepEqual(order, ['a at 0', 'b at 10', 'c at 20']);
});

test('a stall that nobody has heard of yet counts into the next, without the time between', () => {
  const { scheduler, gate } = makeGate();
  const heard: number[] = [];
  gate.deliverInput(() => gate.busy(5));
  gate.stalls.onStall(1_000, (stallMs) => heard.push(stallMs));
  scheduler.at(2_000, () => {
    const release = gate.hold(true);
    scheduler.after(998, release);
  });
  runAll(scheduler);
  assert.deepEqual(heard, [1_003]);
});

test('a gate that was shut stays shut', () => {
  const { scheduler, gate } = makeGate();
  const release = gate.hold(true);
  gate.deliverInput(() => assert.fail('ran'));
  gate.die();
  release();
  gate.deliverInput(() => assert.fail('ran'));
  gate.busy(10);
  assert.equal(gate.point(), true);
  runAll(scheduler);
  assert.equal(gate.points, 0);
});
