/** The real clock against the suite, and what only real processes and real limits can show. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mock, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { AssertionFailure } from '../../src/base/index.ts';
import { realClock } from '../../src/ports/real/index.ts';
import { clockConformance } from './clock-conformance.ts';

clockConformance('real', () => ({ clock: realClock(), run: (story) => story() }));

test('a delay beyond what Node can count is waited out, not cut to a millisecond', () => {
  const dayMs = 86_400_000;
  let nowMs = 0;
  mock.method(performance, 'now', () => nowMs);
  mock.timers.enable({ apis: ['setTimeout'] });
  const setTimeout = mock.method(globalThis, 'setTimeout', globalThis.setTimeout);
  try {
    let runs = 0;
    realClock().setTimer(60 * dayMs, () => {
      runs += 1;
    });
    for (let day = 0; day < 60; day += 1) {
      assert.equal(runs, 0, `day ${day}`);
      nowMs += dayMs;
      mock.timers.tick(dayMs);
    }
    nowMs += 10;
    mock.timers.tick(10);
    assert.equal(runs, 1);
    const asked = setTimeout.mock.calls.map((call) => call.arguments[1]);
    assert.ok(asked.length < 5, `${asked.length} timers for one`);
    assert.ok(asked.every((delayMs) => Number(delayMs) < 2 ** 31));
  } finally {
    mock.timers.reset();
    mock.restoreAll();
  }
});

test('a timer that Node wakes too soon waits, and those behind it do not overtake', () => {
  let nowMs = 0;
  let passingMs = 0;
  mock.method(performance, 'now', () => {
    nowMs += passingMs;
    return nowMs;
  });
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const ran: string[] = [];
    const clock = realClock();
    clock.setTimer(10, () => ran.push('first'));
    nowMs = 0.02;
    clock.setTimer(10, () => ran.push('second'));
    const third = clock.setTimer(10, () => ran.push('third'));
    nowMs = 9.95;
    passingMs = 0.04;
    mock.timers.tick(11);
    assert.deepEqual(ran, [], 'at 9.99 the first is early; at 10.03 the second is due, but it comes second');
    third.cancel();
    mock.timers.tick(1);
    assert.deepEqual(ran, ['first', 'second']);
  } finally {
    mock.timers.reset();
    mock.restoreAll();
  }
});

test('of timers that Node wakes too soon each runs once, at its own time', () => {
  let nowMs = 0;
  mock.method(performance, 'now', () => nowMs);
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const ran: string[] = [];
    const clock = realClock();
    clock.setTimer(10, () => ran.push('first'));
    nowMs = 0.3;
    clock.setTimer(10, () => ran.push('second'));
    nowMs = 9.9;
    mock.timers.tick(11);
    nowMs = 10.1;
    mock.timers.tick(1);
    const atFirst = [...ran];
    nowMs = 10.4;
    mock.timers.tick(1);
    mock.timers.tick(1);
    assert.deepEqual([atFirst, ran], [['first'], ['first', 'second']]);
  } finally {
    mock.timers.reset();
    mock.restoreAll();
  }
});

test('a timer that throws holds back none of those behind it', () => {
  let nowMs = 0;
  const asleep: (() => void)[] = [];
  mock.method(performance, 'now', () => nowMs);
  // Not the mocked timers of Node: they run one that threw again.
  mock.method(globalThis, 'setTimeout', (wake: () => void) => asleep.push(wake));
  const wakeAll = (): void => {
    for (const wake of asleep.splice(0)) wake();
  };
  try {
    const ran: string[] = [];
    const clock = realClock();
    clock.setTimer(10, () => {
      throw new RangeError('of the first');
    });
    clock.setTimer(10, () => ran.push('second'));
    nowMs = 9.5;
    wakeAll();
    nowMs = 10;
    assert.throws(wakeAll, RangeError);
    wakeAll();
    assert.deepEqual(ran, ['second']);
    clock.setTimer(10, () => ran.push('third'));
    nowMs = 20;
    wakeAll();
    assert.deepEqual(ran, ['second', 'third']);
  } finally {
    mock.restoreAll();
  }
});

test('a delay that is no number is a mistake of the caller', () => {
  for (const delayMs of [Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => realClock().setTimer(delayMs, () => undefined), AssertionFailure);
  }
});

test('a timer keeps the process alive until it has run, a background timer does not', async () => {
  const program = fileURLToPath(new URL('timed-program.ts', import.meta.url));
  const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const output: Buffer[] = [];
  child.stdout.on('data', (bytes: Buffer) => output.push(bytes));
  const [code] = (await once(child, 'close')) as [number | null];
  assert.equal(code, 0);
  assert.equal(Buffer.concat(output).toString(), 'foreground\n');
});
