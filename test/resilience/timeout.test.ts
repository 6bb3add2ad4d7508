/** Limits of time, in a time that the tests move. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isQuorateError, QuorateError } from '../../src/base/index.ts';
import { type PolicyEvent, type TimeoutMode, timeout } from '../../src/resilience/index.ts';
import { ManualClock, turn } from '../net/manual-clock.ts';

const modes: readonly TimeoutMode[] = ['aggressive', 'cooperative'];
const never = (): Promise<never> => new Promise(() => undefined);

function late(milliseconds: number): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof QuorateError);
    assert.equal(error.code, 'deadline-exceeded');
    assert.deepEqual(error.data, { milliseconds });
    assert.equal(error.outcome, 'unknown');
    return true;
  };
}

for (const mode of modes) {
  test(`${mode}: an answer in time goes through, and leaves no timer`, async () => {
    const clock = new ManualClock();
    const limit = timeout({ after: 100, mode, clock });
    assert.equal(await limit.execute(() => 'now'), 'now');
    await turn();
    assert.equal(clock.timers, 0);
  });

  test(`${mode}: a call keeps the process alive while it waits`, async () => {
    const clock = new ManualClock();
    const limit = timeout({ after: 100, mode, clock });
    const work = Promise.withResolvers<string>();
    const answer = limit.execute(() => work.promise);
    await turn();
    assert.equal(clock.foreground, 1);
    work.resolve('late');
    assert.equal(await answer, 'late');
  });

  test(`${mode}: a task that heeds its signal ends at the limit, not before`, async () => {
    const clock = new ManualClock();
    const limit = timeout({ after: 100, mode, clock });
    const answer = limit.execute(({ signal }) => heeding(signal));
    clock.advance(99);
    await turn();
    clock.advance(1);
    await assert.rejects(answer, late(100));
  });

  test(`${mode}: what a task throws goes through as it is`, async () => {
    const limit = timeout({ after: 100, mode, clock: new ManualClock() });
    for (const thrown of [undefined, 'text', null, 7, new RangeError('mine')]) {
      const throwing = (): never => {
        throw thrown;
      };
      const rejecting = (): Promise<never> => Promise.reject(thrown);
      for (const task of [throwing, rejecting]) {
        const outcome = await limit.execute(task).then(
          () => ({ resolved: true }),
          (error: unknown) => ({ error }),
        );
        assert.deepEqual(outcome, { error: thrown });
      }
    }
  });

  test(`${mode}: calls that began at different times end at theirs, whoever left in between`, async () => {
    const clock = new ManualClock();
    const limit = timeout({ after: 100, mode, clock });
    const ended: string[] = [];
    const begin = (name: string, task: (signal: AbortSignal) => Promise<unknown>): void => {
      limit.execute(({ signal }) => task(signal)).catch(() => ended.push(`${name}@${clock.now() - 1000}`));
    };
    const middle = Promise.withResolvers<void>();
    begin('first', heeding);
    clock.advance(10);
    begin('middle', () => middle.promise);
    clock.advance(10);
    begin('last', heeding);
    middle.resolve();
    await turn();
    for (let step = 0; step < 20; step += 1) {
      clock.advance(10);
      await turn();
    }
    assert.deepEqual(ended, ['first@100', 'last@120']);
    assert.equal(clock.timers, 0);
  });
}

test('aggressive: who waits is answered although the task never ends', async () => {
  const clock = new ManualClock();
  const events: PolicyEvent[] = [];
  const limit = timeout({ after: '1s', name: 'orders', clock });
  limit.onEvent((event) => events.push(event));
  const answer = limit.execute(never);
  clock.advance(1000);
  await assert.rejects(answer, late(1000));
  assert.deepEqual(events, [
    { type: 'timed-out', kind: 'timeout', policy: 'orders', afterMs: 1000, abandoned: true },
  ]);
});

test('cooperative: an answer that came in spite of the signal is an answer', async () => {
  const clock = new ManualClock();
  const limit = timeout({ after: 100, mode: 'cooperative', clock });
  const work = Promise.withResolvers<string>();
  const answer = limit.execute(() => work.promise);
  clock.advance(200);
  work.resolve('late');
  assert.equal(await answer, 'late');
});

test('cooperative: what a task says of its own after the limit goes through, an abort of any form does not', async () => {
  const clock = new ManualClock();
  const limit = timeout({ after: 100, mode: 'cooperative', clock });
  const own = limit.execute(({ signal }) => heeding(signal, new RangeError('mine')));
  const form = limit.execute(({ signal }) => heeding(signal, new DOMException('stopped', 'AbortError')));
  clock.advance(100);
  await assert.rejects(own, RangeError);
  await assert.rejects(form, late(100));
});

test('a try whose time was over before it began is not begun', async () => {
  const clock = new ManualClock();
  const outer = timeout({ after: 100, name: 'outer', mode: 'cooperative', clock });
  const inner = timeout({ after: 500, name: 'inner', clock });
  let begun = false;
  const answer = outer.execute((call) => {
    clock.stall(100);
    return inner.execute(
      () => {
        begun = true;
      },
      { within: call },
    );
  });
  await assert.rejects(answer, { code: 'deadline-exceeded', outcome: 'not-applied' });
  assert.equal(begun, false);
});

test('a deadline travels into policies that are used inside of a task', async () => {
  const clock = new ManualClock();
  const outer = timeout({ after: 100, clock });
  const inner = timeout({ after: 500, clock });
  const remaining = await outer.execute((call) =>
    inner.execute(({ remainingMs }) => remainingMs, { within: call }),
  );
  assert.equal(remaining, 100);
});

test('a new limit is for calls that begin from now on', async () => {
  const clock = new ManualClock();
  const limit = timeout({ after: 100, clock });
  const before = limit.execute(never);
  limit.configure({ after: 50, mode: 'cooperative' });
  const after = limit.execute(({ signal }) => heeding(signal));
  clock.advance(50);
  await assert.rejects(after, late(50));
  clock.advance(50);
  await assert.rejects(before, { code: 'deadline-exceeded' });
  assert.throws(() => limit.configure(0), { code: 'invalid-option' });
  assert.deepEqual([limit.afterMs, limit.mode], [50, 'cooperative'], 'a refused one changes nothing');
  await turn();
  assert.equal(clock.timers, 0);
});

const refusals: readonly [string, () => unknown, { readonly option: string; readonly value: unknown }][] = [
  ['no time at all', () => timeout(0), { option: 'after', value: 0 }],
  ['a negative time', () => timeout({ after: -5 }), { option: 'after', value: -5 }],
  ['a text that is no duration', () => timeout('soon' as '1s'), { option: 'after', value: 'soon' }],
  [
    'a mode that there is not',
    () => timeout({ after: 5, mode: 'gentle' as TimeoutMode }),
    { option: 'mode', value: 'gentle' },
  ],
];
for (const [name, make, refused] of refusals) {
  test(`refused when it is made: ${name}`, () => {
    assert.throws(make, (error) => {
      assert.ok(isQuorateError(error) && error.code === 'invalid-option');
      const { option, value } = error.data;
      assert.deepEqual({ option, value }, refused);
      return true;
    });
  });
}

/** Rejects when its signal aborts, with `error` or the signal's reason. */
function heeding(signal: AbortSignal, error?: unknown): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(error ?? signal.reason), { once: true });
  });
}

test('a call that begins while another one ends puts off nobody who waits between them', async () => {
  const clock = new ManualClock();
  const limit = timeout({ after: 100, clock });
  const waiting: Promise<unknown>[] = [];
  const ended: string[] = [];
  const begin = (name: string, task: (signal: AbortSignal) => unknown = never): void => {
    const note = (): void => void ended.push(`${name}@${clock.now() - 1000}`);
    waiting.push(limit.execute(({ signal }) => task(signal)).catch(note));
  };
  begin('first', (signal) => {
    signal.addEventListener('abort', () => begin('third'), { once: true });
    return never();
  });
  clock.advance(10);
  begin('second');
  await turn();
  for (let step = 0; step < 30; step += 1) {
    clock.advance(10);
    await turn();
  }
  await Promise.all(waiting);
  assert.deepEqual(ended, ['first@100', 'second@110', 'third@200']);
  assert.equal(clock.timers, 0);
});

test('a call that began under an older limit is told that one', async () => {
  const clock = new ManualClock();
  const limit = timeout({ after: 100, clock });
  const told: PolicyEvent[] = [];
  limit.onEvent((event) => told.push(event));
  const answer = limit.execute(never);
  limit.configure(5000);
  clock.advance(100);
  await assert.rejects(answer, late(100));
  assert.deepEqual(
    told.map((event) => event.type === 'timed-out' && event.afterMs),
    [100],
  );
});

/** The loop stands still, and what arrived meanwhile is read when it goes on: behind the timers. */
async function standsStill(clock: ManualClock, stallMs: number, read: () => void): Promise<void> {
  await turn();
  clock.stall(stallMs);
  clock.advance(0);
  read();
  await turn();
}

test('an answer that came while this process stood still is taken, although its timer is read first', async () => {
  const clock = new ManualClock();
  const limit = timeout({ after: 100, clock });
  const work = Promise.withResolvers<string>();
  const answer = limit.execute(() => work.promise);
  await standsStill(clock, 700, () => work.resolve('there all the time'));
  assert.equal(await answer, 'there all the time');
  await turn();
  assert.equal(clock.timers, 0);
});

test('where none has come the error says by how much this process was late', async () => {
  const clock = new ManualClock();
  const limit = timeout({ after: 100, clock });
  const answer = limit.execute(never);
  const heard = assert.rejects(answer, (error) => {
    assert.ok(isQuorateError(error) && error.code === 'deadline-exceeded');
    assert.deepEqual(error.data, { milliseconds: 100, lateMs: 600 });
    return true;
  });
  await standsStill(clock, 700, () => undefined);
  await heard;
});

test('calls behind one that is late end at their own time, and new ones wait theirs', async () => {
  const clock = new ManualClock();
  const limit = timeout({ after: 100, clock });
  const ended: string[] = [];
  const begin = (name: string): void => {
    limit.execute(never).catch(() => ended.push(`${name}@${clock.now() - 1000}`));
  };
  begin('first');
  clock.advance(90);
  begin('second');
  await standsStill(clock, 50, () => begin('third'));
  assert.deepEqual(ended, ['first@140']);
  clock.advance(50);
  await turn();
  clock.advance(50);
  await turn();
  assert.deepEqual(ended, ['first@140', 'second@190', 'third@240']);
});
