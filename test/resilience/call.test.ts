/** What a call costs nobody who does not ask, and tells everybody who does. */
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { AbortableCall, Call, plainTraits } from '../../src/resilience/call.ts';
import { ManualClock } from '../net/manual-clock.ts';

function nested(depth: number): readonly AbortableCall[] {
  const clock = new ManualClock();
  const calls: AbortableCall[] = [];
  for (let level = 0; level < depth; level += 1) {
    calls.push(new AbortableCall(clock, plainTraits, calls.at(-1)));
  }
  return calls;
}

function watcher(): { onAbort(reason: unknown): void; readonly heard: unknown[] } {
  const heard: unknown[] = [];
  return { heard, onAbort: (reason) => void heard.push(reason) };
}

test('an abort reaches the signal of a call three levels further in, with its reason', () => {
  const [outer, , inner] = nested(3);
  const { signal } = inner as AbortableCall;
  outer?.abort('over');
  assert.equal(signal.aborted, true);
  assert.equal(signal.reason, 'over');
});

test('a signal that is first read after the abort is aborted already', () => {
  const [outer, inner] = nested(2);
  outer?.abort('over');
  assert.equal(inner?.signal.reason, 'over');
});

test('an abort further in leaves the call around it alone', () => {
  const [outer, inner] = nested(2);
  const { signal } = outer as AbortableCall;
  inner?.abort('over');
  assert.equal(signal.aborted, false);
  assert.equal(outer?.isAborted, false);
});

test('the first reason stays', () => {
  const [outer, inner] = nested(2);
  inner?.abort('first');
  outer?.abort('second');
  assert.equal(inner?.reason, 'first');
  assert.equal(inner?.signal.reason, 'first');
});

test('who watches hears it once, and not after it has looked away', () => {
  const [outer, inner] = nested(2);
  const stays = watcher();
  const leaves = watcher();
  inner?.watch(stays);
  inner?.watch(leaves);
  inner?.unwatch(leaves);
  outer?.abort('over');
  outer?.abort('again');
  assert.deepEqual([stays.heard, leaves.heard], [['over'], []]);
});

test('who watches a call whose signal is read hears it as well', () => {
  const [outer, inner] = nested(2);
  const { signal } = inner as AbortableCall;
  const one = watcher();
  inner?.watch(one);
  inner?.unwatch(one);
  outer?.abort('over');
  assert.equal(signal.aborted, true, 'the signal went on to hear when the watcher left');
});

test('a call that has ended is not reached from outside any more', () => {
  const [outer, inner] = nested(2);
  const { signal } = inner as AbortableCall;
  inner?.end();
  outer?.abort('over');
  assert.equal(signal.aborted, false);
});

test('a call that nothing can abort has a signal of its own, so that no listener outlives it', () => {
  const one = new Call(new ManualClock());
  const other = new Call(new ManualClock());
  one.signal.addEventListener('abort', () => undefined);
  assert.notEqual(one.signal, other.signal);
  assert.equal(one.signal, one.retried(2).signal);
  assert.equal(getEventListeners(other.signal, 'abort').length, 0);
});

test('a deadline only becomes earlier on its way in', () => {
  const clock = new ManualClock();
  const outer = new AbortableCall(clock, plainTraits, undefined, clock.now() + 100);
  assert.equal(new AbortableCall(clock, plainTraits, outer, clock.now() + 500).remainingMs, 100);
  assert.equal(new AbortableCall(clock, plainTraits, outer, clock.now() + 50).remainingMs, 50);
  clock.advance(200);
  assert.equal(outer.remainingMs, 0);
});

test('what is left behind is known to all calls around it until it settles', async () => {
  const [outer, inner] = nested(2);
  const work = Promise.withResolvers<void>();
  inner?.leaveBehind(work.promise);
  const settled = outer?.whenSettled();
  assert.notEqual(settled, undefined);
  work.reject(new Error('nobody asks for this any more'));
  await settled;
  assert.equal(outer?.whenSettled(), undefined);
  assert.equal(inner?.whenSettled(), undefined);
});
