import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CallDeadlines } from '../../src/client/call-deadlines.ts';
import { ManualClock } from '../net/manual-clock.ts';

const expired = new Error('the deadline is over');

function story(): { readonly clock: ManualClock; readonly deadlines: CallDeadlines } {
  const clock = new ManualClock();
  return { clock, deadlines: new CallDeadlines({ clock, timeoutMs: 100, expired }) };
}

test('calls that get no answer end when their time is over, each at its own, by one timer', () => {
  const { clock, deadlines } = story();
  const first = deadlines.begin(undefined);
  clock.advance(40);
  const second = deadlines.begin(undefined);
  assert.equal(clock.timers, 1);
  clock.advance(59);
  assert.equal(first.signal.aborted, false);
  clock.advance(1);
  assert.equal(first.signal.reason, expired);
  assert.equal(second.signal.aborted, false);
  clock.advance(40);
  assert.equal(second.signal.reason, expired);
  assert.equal(clock.timers, 0);
});

test('a call that has its answer is never aborted, and costs those behind it nothing', () => {
  const { clock, deadlines } = story();
  const answered = deadlines.begin(undefined);
  const late = deadlines.begin(undefined);
  const alsoAnswered = deadlines.begin(undefined);
  alsoAnswered[Symbol.dispose]();
  answered[Symbol.dispose]();
  clock.advance(100);
  assert.equal(answered.signal.aborted, false);
  assert.equal(alsoAnswered.signal.aborted, false);
  assert.equal(late.signal.reason, expired);
});

test('a timer that was set for a call that is over serves the next one at its own time', () => {
  const { clock, deadlines } = story();
  const over = deadlines.begin(undefined);
  clock.advance(60);
  const next = deadlines.begin(undefined);
  over[Symbol.dispose]();
  assert.equal(clock.timers, 1);
  clock.advance(99);
  assert.equal(next.signal.aborted, false);
  clock.advance(1);
  assert.equal(next.signal.reason, expired);
});

test('a call with a time of its own keeps to it', () => {
  const { clock, deadlines } = story();
  const usual = deadlines.begin(undefined);
  const short = deadlines.begin(undefined, 10);
  clock.advance(10);
  assert.equal(short.signal.reason, expired);
  short[Symbol.dispose]();
  deadlines.begin(undefined, 500)[Symbol.dispose]();
  usual[Symbol.dispose]();
  clock.advance(100);
  assert.equal(clock.timers, 0);
});

test('the caller may end a call, before it began and while it waits, and is let go of afterwards', () => {
  const { deadlines } = story();
  const reason = new Error('enough');
  assert.equal(deadlines.begin(AbortSignal.abort(reason)).signal.reason, reason);
  const caller = new AbortController();
  const ended = deadlines.begin(caller.signal);
  const answered = deadlines.begin(caller.signal);
  answered[Symbol.dispose]();
  caller.abort(reason);
  assert.equal(ended.signal.reason, reason);
  assert.equal(answered.signal.aborted, false);
});

test('closing ends all calls, also those that come later, and leaves no timer', () => {
  const { clock, deadlines } = story();
  const closed = new Error('closed');
  const open = [deadlines.begin(undefined), deadlines.begin(undefined, 700)];
  deadlines.close(closed);
  for (const { signal } of [...open, deadlines.begin(undefined)]) assert.equal(signal.reason, closed);
  for (const call of open) call[Symbol.dispose]();
  assert.equal(clock.timers, 0);
});
