/** Pauses within a call: how they end, and what is left of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AbortableCall, plainTraits } from '../../src/resilience/call.ts';
import { pause } from '../../src/resilience/pause.ts';
import { ManualClock } from '../net/manual-clock.ts';
import { WatchedCall } from './script.ts';

test('a pause is over when its time is, and leaves nothing', async () => {
  const clock = new ManualClock();
  const call = new WatchedCall(clock);
  const pausing = pause(call, 100);
  assert.deepEqual([clock.foreground, call.watchers.size], [1, 1]);
  clock.advance(100);
  await pausing;
  assert.deepEqual([clock.timers, call.watchers.size], [0, 0]);
});

test('an abort ends it at once with the reason, undefined included, and leaves nothing', async () => {
  for (const reason of ['enough', undefined]) {
    const clock = new ManualClock();
    const call = new AbortableCall(clock, plainTraits);
    const pausing = pause(call, 100);
    call.abort(reason);
    await assert.rejects(pausing, (error) => error === reason);
    assert.equal(clock.timers, 0);
  }
});

test('in a call that is aborted already no pause begins', async () => {
  const clock = new ManualClock();
  const call = new AbortableCall(clock, plainTraits);
  call.abort('early');
  await assert.rejects(pause(call, 100), (reason) => reason === 'early');
  assert.equal(clock.timers, 0);
});
