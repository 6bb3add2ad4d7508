/** Second tries of slow calls, in a time that the tests move. */
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { AbortableCall, Call, plainTraits } from '../../src/resilience/call.ts';
import { type CallContext, hedge, policy, retry, retryBudget, timeout } from '../../src/resilience/index.ts';
import { ManualClock, turn } from '../net/manual-clock.ts';
import { Upstream } from './hedged-upstream.ts';
import { failing, settled, WatchedCall } from './script.ts';

test('a call that is answered in time is made once, and leaves no timer', async () => {
  const upstream = new Upstream();
  const answer = upstream.hedged.execute(upstream.task);
  await upstream.pass(99);
  upstream.answers[0]?.resolve('first');
  assert.equal(await answer, 'first');
  await upstream.pass(1000);
  assert.equal(upstream.calls.length, 1);
  assert.equal(upstream.clock.timers, 0);
  assert.deepEqual(upstream.events, []);
});

test('a call that takes longer is sent again, and whichever answers first is the answer', async () => {
  for (const winner of [0, 1]) {
    const upstream = new Upstream();
    const answer = upstream.hedged.execute(upstream.task);
    await upstream.pass(100);
    assert.deepEqual(
      upstream.calls.map(({ attempt }) => attempt),
      [1, 2],
    );
    upstream.answers[winner]?.resolve(`of ${winner}`);
    assert.equal(await answer, `of ${winner}`);
    const aborted = upstream.calls.map(({ signal }) => signal.aborted);
    assert.deepEqual(
      aborted,
      [winner !== 0, winner !== 1],
      'the loser hears that it lost, the winner does not',
    );
    assert.match(String(upstream.calls[1 - winner]?.signal.reason), /AbortError: another try/);
    assert.deepEqual(upstream.types, winner === 1 ? ['hedged', 'hedge-won'] : ['hedged']);
    assert.equal(upstream.clock.timers, 0);
  }
});

test("a loser that fails, or answers late, is nobody's, and whoever counts work waits for it", async () => {
  for (const late of ['resolve', 'reject'] as const) {
    const upstream = new Upstream();
    const call = new Call(upstream.clock);
    const answer = upstream.hedged.run(upstream.task, call);
    await upstream.pass(100);
    upstream.answers[1]?.resolve('second');
    assert.equal(await answer, 'second');
    const isSettled = call.whenSettled();
    assert.notEqual(isSettled, undefined);
    upstream.answers[0]?.[late]('late');
    await isSettled;
    assert.equal(call.whenSettled(), undefined);
  }
});

test('further tries are sent one after the other, as many as are allowed', async () => {
  const upstream = new Upstream({ maxHedges: 3 });
  const answer = upstream.hedged.execute(upstream.task);
  const sent: number[] = [];
  for (let step = 0; step < 6; step += 1) {
    await upstream.pass(100);
    sent.push(upstream.calls.length);
  }
  assert.deepEqual(sent, [2, 3, 4, 4, 4, 4]);
  assert.equal(upstream.clock.timers, 0);
  upstream.answers[2]?.resolve('third');
  assert.equal(await answer, 'third');
  assert.deepEqual(
    upstream.calls.map(({ signal }) => signal.aborted),
    [true, true, false, true],
  );
  assert.deepEqual(upstream.events.at(-1), { type: 'hedge-won', kind: 'hedge', policy: 'hedge', attempt: 3 });
});

test('who fails before there is a hedge is not hedged: that would be a retry', async () => {
  const upstream = new Upstream();
  for (const thrown of [undefined, 'text', new RangeError('mine')]) {
    for (const task of [failing(thrown), (): Promise<never> => Promise.reject(thrown)]) {
      assert.deepEqual(await settled(upstream.clock, upstream.hedged.execute(task)), { error: thrown });
    }
  }
  assert.deepEqual(upstream.events, []);
  assert.equal(upstream.clock.timers, 0);
});

test('a failure ends its own try only, and when all have failed the first one is told', async () => {
  const saved = new Upstream();
  const answer = saved.hedged.execute(saved.task);
  await saved.pass(100);
  saved.answers[0]?.reject('first');
  await turn();
  saved.answers[1]?.resolve('second');
  assert.equal(await answer, 'second');

  const lost = new Upstream({ maxHedges: 2 });
  const failed = lost.hedged.execute(lost.task);
  await lost.pass(100);
  lost.answers[1]?.reject('of the hedge');
  await turn();
  lost.answers[0]?.reject('of the first');
  await assert.rejects(failed, (error) => error === 'of the hedge');
  await lost.pass(1000);
  assert.equal(lost.calls.length, 2, 'none follows');
  assert.equal(lost.clock.timers, 0);
});

test('"not applied" is said only where it holds for all tries', async () => {
  const refused = { outcome: 'not-applied' };
  const doubtful = { outcome: 'unknown' };
  for (const [first, second, told] of [
    [refused, doubtful, doubtful],
    [doubtful, refused, doubtful],
    [refused, 'plain', 'plain'],
    [refused, undefined, undefined],
    ['plain', refused, 'plain'],
  ]) {
    const upstream = new Upstream();
    const answer = upstream.hedged.execute(upstream.task);
    await upstream.pass(100);
    upstream.answers[0]?.reject(first);
    await turn();
    upstream.answers[1]?.reject(second);
    await assert.rejects(answer, (error) => error === told);
  }
});

test('a call that nobody calls idempotent is not hedged', async () => {
  const upstream = new Upstream({ idempotent: 'by-call' });
  const plain = upstream.hedged.execute(upstream.task);
  const marked = upstream.hedged.execute(upstream.task, { idempotent: true });
  await upstream.pass(100);
  assert.deepEqual(
    upstream.calls.map(({ idempotent }) => idempotent),
    [false, true, true],
  );
  for (const { resolve } of upstream.answers) resolve('answer');
  await Promise.all([plain, marked]);
});

test('a caller who gives up ends all tries, and none follows', async () => {
  for (const waitedMs of [50, 150]) {
    const upstream = new Upstream({ maxHedges: 3 });
    const giving = new AbortController();
    const answer = upstream.hedged.execute(upstream.task, { signal: giving.signal });
    await upstream.pass(waitedMs);
    const made = upstream.calls.length;
    giving.abort('enough');
    await assert.rejects(answer, (reason) => reason === 'enough');
    assert.ok(upstream.calls.every(({ signal }) => signal.reason === 'enough'));
    await turn();
    assert.equal(upstream.clock.timers, 0);
    await upstream.pass(1000);
    assert.equal(upstream.calls.length, made);
    assert.equal(getEventListeners(giving.signal, 'abort').length, 0);
    assert.equal(upstream.clock.timers, 0);
  }
});

test('a caller who gives up in the moment in which a hedge is due sends none', async () => {
  const upstream = new Upstream();
  const giving = new AbortController();
  const answer = upstream.hedged.execute(upstream.task, { signal: giving.signal });
  upstream.clock.advance(100);
  giving.abort('enough');
  await assert.rejects(answer, (reason) => reason === 'enough');
  await turn();
  assert.equal(upstream.calls.length, 1);
});

test('nobody waits for the end of a call that has its answer', async () => {
  for (const end of ['resolve', 'reject'] as const) {
    const upstream = new Upstream();
    const call = new WatchedCall(upstream.clock);
    const answer = upstream.hedged.run(upstream.task, call);
    await upstream.pass(100);
    for (const { signal } of upstream.calls) signal.throwIfAborted();
    assert.equal(call.watchers.size, 3, 'the race, and the signals of both tries');
    for (const answers of upstream.answers) answers[end]('over');
    await answer.catch(() => undefined);
    assert.equal(call.watchers.size, 0);
  }
});

test('a call that is given up already is handed on and not hedged', async () => {
  const upstream = new Upstream();
  const call = new AbortableCall(upstream.clock, plainTraits);
  call.abort('early');
  const answer = upstream.hedged.run((given) => Promise.reject(given.signal.reason), call);
  await assert.rejects(answer, (reason) => reason === 'early');
  assert.equal(upstream.clock.timers, 0);
});

test("no hedge is sent when the call's own time is over", async () => {
  const upstream = new Upstream();
  const call = new AbortableCall(upstream.clock, plainTraits, undefined, upstream.clock.now() + 100);
  const answer = upstream.hedged.run(upstream.task, call);
  await upstream.pass(100);
  assert.equal(upstream.calls.length, 1);
  upstream.answers[0]?.resolve('late');
  assert.equal(await answer, 'late');
});

test('a process that stood still hedges nothing whose answer is there', async () => {
  const upstream = new Upstream();
  const answer = upstream.hedged.execute(upstream.task);
  await turn();
  upstream.clock.stall(5000);
  upstream.clock.advance(0);
  // The answer lay in a socket while nothing ran, and is read in the same turn as the timer fires.
  upstream.answers[0]?.resolve('in time');
  assert.equal(await answer, 'in time');
  await turn();
  assert.equal(upstream.calls.length, 1);
});

test('an empty budget sends no hedge, tells so, and successes pay for the next one', async () => {
  const clock = new ManualClock();
  const budget = retryBudget({ ratio: 0.5, minPerSecond: 0.001, max: 1, clock });
  const upstream = new Upstream({ budget, maxHedges: 3 });
  const first = upstream.hedged.execute(upstream.task);
  await upstream.pass(300);
  assert.deepEqual(upstream.types, ['hedged']);
  await upstream.pass(100);
  assert.deepEqual(upstream.types, ['hedged', 'hedge-refused']);
  assert.deepEqual(upstream.events.at(-1), {
    type: 'hedge-refused',
    kind: 'hedge',
    policy: 'hedge',
    attempt: 3,
    afterMs: 400,
  });
  await upstream.pass(1000);
  assert.equal(upstream.calls.length, 2);
  upstream.answers[0]?.resolve('first');
  await first;
  await upstream.served(10);
  assert.equal(budget.available, 1);
});

test('a retry and a hedge share what their calls have earned', async () => {
  const clock = new ManualClock();
  const budget = retryBudget({ ratio: 0.25, minPerSecond: 0.001, max: 2, clock });
  const stack = policy(
    retry({ budget, backoff: 0, clock }),
    hedge({ idempotent: true, after: 10, budget, clock }),
  );
  await assert.rejects(stack.execute(failing('down')));
  assert.equal(budget.available, 0, 'two more tries');
  await stack.execute(() => 'up');
  assert.equal(budget.available, 0.25, 'one success counts once');
});

test('a thousand calls leave no timer and no listener', async () => {
  const clock = new ManualClock();
  const giving = new AbortController();
  const hedged = hedge({ idempotent: 'by-call', after: 30, clock });
  for (let call = 0; call < 1000; call += 1) {
    const task = ({ attempt, signal }: CallContext): Promise<number> => {
      signal.addEventListener('abort', () => undefined);
      return attempt === 1 && call % 10 === 0 ? new Promise(() => undefined) : Promise.resolve(attempt);
    };
    const answer = hedged.execute(task, {
      signal: giving.signal,
      idempotent: call % 20 === 0 || call % 10 !== 0,
    });
    if (call % 10 !== 0 || call % 20 === 0) await settled(clock, answer);
    else answer.catch(() => undefined);
  }
  assert.equal(getEventListeners(giving.signal, 'abort').length, 50, 'of those that nobody answers');
  giving.abort('over');
  await turn();
  assert.equal(getEventListeners(giving.signal, 'abort').length, 0);
  assert.equal(clock.timers, 0);
});

test('in a limit of time a hedge still ends with it', async () => {
  const clock = new ManualClock();
  const stack = policy(timeout({ after: 150, clock }), hedge({ idempotent: true, after: 100, clock }));
  const answer = stack.execute(() => new Promise(() => undefined));
  await turn();
  clock.advance(100);
  await turn();
  clock.advance(50);
  await assert.rejects(answer, { code: 'deadline-exceeded' });
  await turn();
  assert.equal(clock.timers, 0);
});
