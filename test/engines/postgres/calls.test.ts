/** How calls end: what is tried again, and what is said about what may have been done. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { QuorateError } from '../../../src/base/index.ts';
import { type Attempt, type CallKind, Calls } from '../../../src/engines/postgres/calls.ts';
import {
  connectingOverdue,
  connectionLost,
  connectTrouble,
  statementTrouble,
} from '../../../src/engines/postgres/trouble.ts';
import { realRandom } from '../../../src/ports/real/index.ts';
import { ManualClock } from '../../net/manual-clock.ts';

const lost = (): unknown => connectionLost('db:1', new Error('broken'));
const away = (): unknown =>
  connectTrouble('db:1', Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));
const deadlock = (): unknown =>
  statementTrouble('db:1', Object.assign(new Error('deadlock'), { code: '40P01' }));
const full = (): unknown => statementTrouble('db:1', Object.assign(new Error('full'), { code: '53100' }));

interface Scene {
  readonly clock: ManualClock;
  readonly closed: AbortController;
  /** What each try comes to; the last one goes on for ever. */
  run(kind: CallKind, tries: readonly (() => unknown)[], signal?: AbortSignal): Promise<string>;
  readonly again: boolean[];
}

function scene(): Scene {
  const clock = new ManualClock();
  const closed = new AbortController();
  const again: boolean[] = [];
  const options = { clock, random: realRandom(), deadlineMs: 1_000, resendMsMax: 500, closed: closed.signal };
  const calls = new Calls(options);
  const run = async (
    kind: CallKind,
    tries: readonly (() => unknown)[],
    signal?: AbortSignal,
  ): Promise<string> => {
    let count = 0;
    const attempt = (own: Attempt): Promise<string> => {
      again.push(own.isAgain);
      const outcome = tries[Math.min(count, tries.length - 1)]?.();
      count += 1;
      return outcome === undefined ? Promise.resolve('done') : Promise.reject(outcome as Error);
    };
    return await calls.run(kind, signal === undefined ? {} : { signal }, attempt);
  };
  return { clock, closed, again, run };
}

/** Lets time pass until the call has ended. */
async function settled<T>(clock: ManualClock, call: Promise<T>): Promise<T> {
  const over = new AbortController();
  const end = (): void => over.abort();
  call.then(end, end);
  while (!over.signal.aborted) {
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(10);
  }
  return await call;
}

test('what was not done is tried again, and leaves no timer behind', async () => {
  const { clock, run, again } = scene();
  assert.equal(await settled(clock, run('write', [away, deadlock, () => undefined])), 'done');
  assert.deepEqual([again, clock.timers], [[false, false, false], 0]);
});

test('what may have been done is sent again with the word that it may have been', async () => {
  const { clock, run, again } = scene();
  assert.equal(await settled(clock, run('write', [lost, away, () => undefined])), 'done');
  assert.deepEqual(again, [false, true, true]);
});

const endings: readonly {
  readonly name: string;
  readonly kind: CallKind;
  readonly tries: readonly (() => unknown)[];
  readonly code: string;
  readonly outcome: string;
}[] = [
  {
    name: 'a server that stays away',
    kind: 'write',
    tries: [away],
    code: 'engine-unreachable',
    outcome: 'not-applied',
  },
  {
    name: 'a write that was lost',
    kind: 'write',
    tries: [lost],
    code: 'engine-unreachable',
    outcome: 'unknown',
  },
  {
    name: 'a write lost before the server left',
    kind: 'write',
    tries: [lost, away],
    code: 'engine-unreachable',
    outcome: 'unknown',
  },
  {
    name: 'a read that was lost',
    kind: 'read',
    tries: [lost],
    code: 'engine-unreachable',
    outcome: 'not-applied',
  },
  { name: 'a full disk', kind: 'write', tries: [full], code: 'engine-full', outcome: 'not-applied' },
  {
    name: 'a full disk behind a lost write',
    kind: 'write',
    tries: [lost, full],
    code: 'engine-full',
    outcome: 'unknown',
  },
];

for (const { name, kind, tries, code, outcome } of endings) {
  test(`${name} ends as ${code}, ${outcome}`, async () => {
    const { clock, run } = scene();
    await assert.rejects(settled(clock, run(kind, tries)), { code, outcome });
    assert.equal(clock.timers, 0);
  });
}

test('an answer is an answer, also behind a try that was lost', async () => {
  const { clock, run } = scene();
  const fenced = (): unknown =>
    new QuorateError({
      code: 'fenced',
      message: 'no',
      data: { token: 1, current: 2 },
      outcome: 'not-applied',
    });
  await assert.rejects(settled(clock, run('write', [lost, fenced])), {
    code: 'fenced',
    outcome: 'not-applied',
  });
});

const late = (): unknown => statementTrouble('db:1', Object.assign(new Error('canceled'), { code: '57014' }));

test('a server that gives up in time says that nothing was done', async () => {
  const { clock, run, again } = scene();
  const call = run('write', [() => clock.advance(900) ?? late()]);
  await assert.rejects(settled(clock, call), { code: 'deadline-exceeded', outcome: 'not-applied' });
  assert.equal(again.length, 1);
});

test('a try that the deadline cuts off does not hide what the one before came to', async () => {
  const { clock, closed } = scene();
  const options = { clock, random: realRandom(), deadlineMs: 1_000, resendMsMax: 500, closed: closed.signal };
  const noRoom = (): unknown =>
    connectTrouble('db:1', Object.assign(new Error('too many clients'), { code: '53300' }));
  let tries = 0;
  const attempt = ({ signal }: Attempt): Promise<never> => {
    tries += 1;
    if (tries === 1) return Promise.reject(noRoom() as Error);
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () =>
        reject(connectingOverdue('db:1', new Error('aborted')) as Error),
      );
    });
  };
  const call = settled(clock, new Calls(options).run('read', {}, attempt));
  await assert.rejects(call, { code: 'engine-full', outcome: 'not-applied' });
  assert.equal(tries, 2);
});

test('what somebody else has cancelled is tried again', async () => {
  const { clock, run } = scene();
  assert.equal(await settled(clock, run('write', [late, () => undefined])), 'done');
});

test('a write is not sent again when the server may have forgotten it', async () => {
  const { clock, run, again } = scene();
  const lostLate = (): unknown => {
    clock.advance(600);
    return lost();
  };
  await assert.rejects(settled(clock, run('write', [lostLate])), { outcome: 'unknown' });
  assert.deepEqual(again, [false]);
});

test('the signal and the end of the engine reject with their reasons, in a try and in a pause', async () => {
  const { clock, closed, run } = scene();
  const controller = new AbortController();
  const call = run('write', [away], controller.signal);
  await new Promise((resolve) => setImmediate(resolve));
  controller.abort(new Error('enough'));
  await assert.rejects(call, /enough/);
  const last = run('write', [away]);
  await new Promise((resolve) => setImmediate(resolve));
  closed.abort(new Error('closed'));
  await assert.rejects(last, /closed/);
  assert.equal(clock.timers, 0);
});
