/** What is held is believed in until a moment that lies before the server's, also by a process that stood still. */
import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { test } from 'node:test';
import { QuorateError } from '../../src/base/index.ts';
import type { Engine } from '../../src/engines/port/index.ts';
import type { Hold, RecipeProblem } from '../../src/recipes/index.ts';
import { until } from '../net/manual-clock.ts';
import type { Program } from './town.ts';
import { Town } from './town.ts';

const ttlMs = 10_000;
const beliefMs = 9_500;

async function holding(
  town: Town,
  options?: Parameters<Town['program']>[0],
): Promise<Program & { held: Hold }> {
  const program = await town.program(options);
  const held = await program.coordination.lock('orders').acquire({ ttl: ttlMs });
  return { ...program, held };
}

function guardedWrite(engine: Engine<'fencing'>, { fence }: Hold): Promise<unknown> {
  const put = { kind: 'put', key: 'guarded/orders', value: new Uint8Array() } as const;
  return engine.transact({ fences: [fence], operations: [put] });
}

test('its signal aborts when no renewal was answered in time, before the server lets anybody else have it', async () => {
  await using town = await Town.open();
  const { engine, held } = await holding(town, { onSuspended: 'keep' });
  engine.isHeard = false;
  let aborted = 0;
  held.signal.addEventListener('abort', () => {
    aborted = engine.clock.now();
  });
  const beganAt = engine.clock.now();
  await engine.pass(beliefMs - 100);
  assert.deepEqual([held.isHeld, held.remainingMs, aborted], [true, 100, 0]);
  await engine.pass(100);
  assert.deepEqual([held.isHeld, held.remainingMs], [false, 0]);
  assert.ok(
    aborted > 0 && aborted - beganAt <= beliefMs && beliefMs < ttlMs,
    `after ${aborted - beganAt} ms`,
  );
  const { reason } = held.signal;
  assert.ok(reason instanceof QuorateError && reason.code === 'not-held');
});

test('renewals that are answered keep it for as long as one likes', async () => {
  await using town = await Town.open();
  const { engine, held } = await holding(town);
  await engine.pass(10 * ttlMs);
  held.assertHeld();
  assert.ok(held.remainingMs > beliefMs / 2);
});

test('a process that stood still knows it before any timer has run, in whatever way it asks', async () => {
  const ways: Readonly<Record<string, (held: Hold) => unknown>> = {
    aborted: ({ signal }) => assert.equal(signal.aborted, true),
    throwIfAborted: ({ signal }) => assert.throws(() => signal.throwIfAborted(), { code: 'not-held' }),
    reason: ({ signal }) => assert.equal(signal.reason.code, 'not-held'),
    isHeld: ({ isHeld }) => assert.equal(isHeld, false),
    assertHeld: (held) => assert.throws(() => held.assertHeld(), { code: 'not-held' }),
    remainingMs: ({ remainingMs }) => assert.equal(remainingMs, 0),
  };
  for (const [name, ask] of Object.entries(ways)) {
    await using town = await Town.open();
    const { engine, held } = await holding(town);
    let heard = 0;
    held.signal.addEventListener('abort', () => {
      heard += 1;
    });
    engine.clock.stall(ttlMs);
    assert.equal(heard, 0, `${name}: no timer has run`);
    ask(held);
    assert.equal(heard, 1, `${name}: who listens hears of it as well`);
  }
});

test('a write that shows its fence is refused when the lock is somebody else’s', async () => {
  await using town = await Town.open();
  const { engine, held } = await holding(town);
  await guardedWrite(engine, held);
  const other = await town.program();
  const waiting = other.coordination.lock('orders').acquire();
  await town.untilItems('locks/orders', 2);
  engine.clock.stall(ttlMs);
  await engine.sessions[0]?.endUnheard();
  const successor = await waiting;
  assert.ok(successor.token > held.token);
  await guardedWrite(other.engine, successor);
  await assert.rejects(guardedWrite(engine, held), { code: 'fenced' });
});

test('while the server does not answer it counts as lost, and the place is given back', async () => {
  await using town = await Town.open();
  const { engine, held } = await holding(town);
  engine.isHeard = false;
  await engine.pass(3_500);
  assert.equal(engine.sessions[0]?.state, 'suspended');
  assert.throws(() => held.assertHeld(), { code: 'not-held', message: /does not answer/ });
  await town.untilItems('locks/orders', 0);
});

test('who says so keeps it while the server does not answer, until its time is over', async () => {
  await using town = await Town.open();
  const { engine, held } = await holding(town, { onSuspended: 'keep' });
  engine.isHeard = false;
  await engine.pass(5_000);
  assert.equal(engine.sessions[0]?.state, 'suspended');
  held.assertHeld();
  engine.isHeard = true;
  await engine.pass(ttlMs);
  assert.equal(engine.sessions[0]?.state, 'reconnected');
  held.assertHeld();
});

test('nobody is let in while the server does not answer his renewals', async () => {
  await using town = await Town.open();
  const { held } = await holding(town);
  const { engine, coordination } = await town.program();
  const waiting = coordination.lock('orders').acquire({ ttl: ttlMs });
  await until(() => engine.watched.length === 1, 'a watch');
  engine.isHeard = false;
  await engine.pass(3_500);
  let granted = false;
  const seen = waiting.then(() => {
    granted = true;
  });
  await held.release();
  await town.untilItems('locks/orders', 1);
  await engine.pass(1_000);
  assert.deepEqual([engine.sessions[0]?.state, granted], ['suspended', false]);
  engine.isHeard = true;
  await engine.pass(3_500);
  await seen;
  assert.equal((await waiting).isHeld, true);
});

test('a release whose answer is lost is made sure of before it settles', async () => {
  await using town = await Town.open();
  const { engine, held } = await holding(town);
  engine.fault = 'refused';
  let settled = false;
  const released = held.release().then(() => {
    settled = true;
  });
  assert.equal(held.isHeld, false);
  await engine.pass(1_000);
  assert.deepEqual([settled, (await town.items('locks/orders')).length], [false, 1]);
  engine.fault = 'none';
  await engine.pass(1_000);
  await released;
  assert.deepEqual(await town.items('locks/orders'), []);
  await held.release();
});

test('a release that nobody answers settles when the session is over', async () => {
  await using town = await Town.open();
  const { engine, held } = await holding(town);
  engine.fault = 'refused';
  engine.isHeard = false;
  const released = held.release();
  await engine.pass(ttlMs);
  await released;
  engine.fault = 'none';
});

test('await using gives it back', async () => {
  await using town = await Town.open();
  const { coordination } = await town.program();
  let signal: AbortSignal;
  {
    await using held = await coordination.lock('orders').acquire();
    signal = held.signal;
    assert.equal(signal.aborted, false);
  }
  assert.equal(signal.aborted, true);
  assert.deepEqual(await town.items('locks/orders'), []);
});

test('what cannot be given back in the background is told on a channel', async () => {
  await using town = await Town.open();
  const { engine } = await holding(town);
  const told: RecipeProblem[] = [];
  const listener = (message: unknown): void => {
    told.push(message as RecipeProblem);
  };
  subscribe('quorate:recipes:problem', listener);
  const denied = new QuorateError({ code: 'permission-denied', message: 'no', data: { right: 'write' } });
  engine.transact = () => Promise.reject(denied);
  engine.isHeard = false;
  await engine.pass(3_500);
  await until(() => told.length === 1, 'a problem');
  unsubscribe('quorate:recipes:problem', listener);
  assert.deepEqual(told, [{ what: 'leaving lock orders', error: denied }]);
});

const delay = '5s';

test('with a delay nobody gets it for so long after a holder that vanished', async () => {
  await using town = await Town.open();
  const first = await town.program();
  await first.coordination.lock('orders', { delay }).acquire();
  const { engine, coordination } = await town.program();
  let granted = false;
  const waiting = coordination.lock('orders', { delay }).acquire();
  const seen = waiting.then(() => {
    granted = true;
  });
  await until(() => engine.watched.length === 1, 'a watch');
  await first.engine.sessions[0]?.endUnheard();
  await until(() => engine.clock.foreground === 1, 'the pause');
  await engine.pass(4_900);
  assert.equal(granted, false);
  await engine.pass(200);
  await seen;
  assert.equal((await waiting).isHeld, true);
});

test('with a delay one who comes when the holder has vanished waits as well', async () => {
  await using town = await Town.open();
  const first = await town.program();
  await first.coordination.lock('orders', { delay }).acquire();
  await first.engine.sessions[0]?.endUnheard();
  const { engine, coordination } = await town.program();
  const waiting = coordination.lock('orders', { delay }).acquire();
  await until(() => engine.clock.foreground === 1, 'the pause');
  await engine.pass(5_000);
  assert.equal((await waiting).isHeld, true);
});

test('with a delay who does not wait is refused while it lasts', async () => {
  await using town = await Town.open();
  const first = await town.program();
  await first.coordination.lock('orders', { delay }).acquire();
  await first.engine.sessions[0]?.endUnheard();
  const { coordination } = await town.program();
  const lock = coordination.lock('orders', { delay });
  assert.equal(await lock.tryAcquire(), undefined);
  await assert.rejects(lock.acquire({ wait: 0 }), { code: 'not-granted' });
  await town.untilItems('locks/orders', 0);
});

test('with a delay nobody waits for it behind a holder that released', async () => {
  await using town = await Town.open();
  const first = await town.program();
  const second = await town.program();
  for (const { coordination } of [first, second, first]) {
    const held = await coordination.lock('orders', { delay }).acquire();
    await held.release();
  }
  assert.deepEqual(await town.items('lock-delays'), []);
});

test('who was lost during the delay is not let in', async () => {
  await using town = await Town.open();
  const first = await town.program();
  await first.coordination.lock('orders', { delay }).acquire();
  await first.engine.sessions[0]?.endUnheard();
  const { engine, coordination } = await town.program();
  const rejected = assert.rejects(coordination.lock('orders', { delay }).acquire(), {
    code: 'session-expired',
  });
  await until(() => engine.clock.foreground === 1, 'the pause');
  await engine.sessions[0]?.endUnheard();
  await engine.pass(5_000);
  await rejected;
});

test('with a delay one handle that is released does not speak for the others', async () => {
  await using town = await Town.open();
  const first = await town.program();
  const lock = first.coordination.lock('orders', { delay });
  const held = await lock.acquire();
  const again = await lock.acquire({ holding: held });
  await held.release();
  assert.equal(again.isHeld, true);
  await first.engine.sessions[0]?.endUnheard();
  const { coordination } = await town.program();
  assert.equal(await coordination.lock('orders', { delay }).tryAcquire(), undefined);
});

test('with a delay the last handle takes the mark away', async () => {
  await using town = await Town.open();
  const { coordination } = await town.program();
  const lock = coordination.lock('orders', { delay });
  const held = await lock.acquire();
  const again = await lock.acquire({ holding: held });
  await Promise.all([held.release(), again.release()]);
  assert.deepEqual(await town.items('lock-delays'), []);
});

test('what was granted while the server had fallen silent counts as lost at once', async () => {
  await using town = await Town.open();
  const first = await town.program();
  await first.coordination.lock('orders', { delay }).acquire();
  await first.engine.sessions[0]?.endUnheard();
  const { engine, coordination } = await town.program();
  const waiting = coordination.lock('orders', { delay }).acquire();
  await until(() => engine.clock.foreground === 1, 'the pause');
  engine.isHeard = false;
  await engine.pass(5_000);
  const held = await waiting;
  assert.equal(coordination.state, 'suspended');
  assert.equal(held.isHeld, false);
  await town.untilItems('locks/orders', 0);
});
