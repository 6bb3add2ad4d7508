/** Several locks at once or none, on a real store in memory. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isQuorateError } from '../../src/base/index.ts';
import { turn, until } from '../net/manual-clock.ts';
import { Town } from './town.ts';

test('all of them are held, in the order of their names', async () => {
  await using town = await Town.open();
  const { coordination } = await town.program();
  const locks = coordination.locks(['b', 'c', 'a']);
  assert.deepEqual(locks.names, ['a', 'b', 'c']);
  await locks.run((held) => {
    assert.ok(held.get('a').token < held.get('b').token && held.get('b').token < held.get('c').token);
    assert.equal(held.fences.length, 3);
    assert.throws(() => held.get('d'), { code: 'invalid-option' });
  });
  for (const name of ['a', 'b', 'c']) assert.deepEqual(await town.items(`locks/${name}`), []);
});

test('two who want the same in another order do not wait for each other', async () => {
  await using town = await Town.open();
  const { coordination } = await town.program();
  const one = coordination.locks(['a', 'b']);
  const two = coordination.locks(['b', 'a']);
  let done = 0;
  const both = [one, two].flatMap((locks) =>
    Array.from({ length: 5 }, () =>
      locks.run(() => {
        done += 1;
      }),
    ),
  );
  await Promise.all(both);
  assert.equal(done, 10);
});

test('where one does not come, those that came are given back', async () => {
  await using town = await Town.open();
  const { coordination: other } = await town.program({ holder: 'other' });
  const { engine, coordination } = await town.program();
  await other.lock('b').acquire();
  const locks = coordination.locks(['a', 'b', 'c']);
  const rejected = assert.rejects(locks.acquire({ wait: '3s' }), {
    code: 'not-granted',
    data: { what: 'lock b', waitedMs: 3_000, holder: 'other' },
  });
  await until(() => engine.watched.length === 1, 'it waits for b');
  assert.equal(await other.lock('a').tryAcquire(), undefined);
  await engine.pass(3_000);
  await rejected;
  await town.untilItems('locks/a', 0);
  await town.untilItems('locks/b', 1);
  assert.deepEqual(await town.items('locks/c'), []);
});

test('the loss of one is the loss of all, and is known at once', async () => {
  await using town = await Town.open();
  const { engine, coordination } = await town.program();
  const held = await coordination.locks(['a', 'b']).acquire();
  let heard = 0;
  held.signal.addEventListener('abort', () => {
    heard += 1;
  });
  await held.get('b').release();
  assert.deepEqual([held.isHeld, heard], [false, 1]);
  await held.release();
  const stalled = await coordination.locks(['a', 'b']).acquire();
  engine.clock.stall(10_000);
  assert.throws(() => stalled.assertHeld(), { code: 'not-held' });
});

test('who loses one of those he has waits for none of the others', async () => {
  await using town = await Town.open();
  const { coordination: other } = await town.program({ holder: 'other' });
  const { engine, coordination } = await town.program();
  await other.lock('b').acquire();
  let error: unknown;
  coordination
    .locks(['a', 'b', 'c'])
    .acquire()
    .catch((reason: unknown) => {
      error = reason;
    });
  await until(() => engine.watched.length === 1, 'it waits for b');
  engine.isHeard = false;
  await engine.pass(4_000);
  assert.equal(coordination.state, 'suspended');
  assert.ok(isQuorateError(error) && error.code === 'not-held', 'it waits on');
  assert.equal(error.data.what, 'lock a');
  await town.untilItems('locks/a', 0);
  await town.untilItems('locks/b', 1);
});

test('who gives up hears it at once, though nobody answers that the others are given back', async () => {
  for (const by of ['wait', 'signal'] as const) {
    await using town = await Town.open();
    const { coordination: other } = await town.program({ holder: 'other' });
    const { engine, coordination } = await town.program({ onSuspended: 'keep' });
    await other.lock('b').acquire();
    const leaving = new AbortController();
    const { signal } = leaving;
    let code: unknown;
    coordination
      .locks(['a', 'b'])
      .acquire(by === 'wait' ? { wait: '3s' } : { signal })
      .catch((reason: { readonly code: unknown }) => {
        code = reason.code;
      });
    await until(() => engine.watched.length === 1, 'it waits for b');
    engine.fault = 'silent';
    await engine.pass(2_900);
    assert.equal(code, undefined);
    if (by === 'wait') await engine.pass(100);
    else leaving.abort(Object.assign(new Error('enough'), { code: 'enough' }));
    for (let turns = 0; turns < 100; turns += 1) await turn();
    const heard = code;
    engine.fault = 'none';
    await engine.pass(10_000);
    assert.equal(heard, by === 'wait' ? 'not-granted' : 'enough', by);
    await town.untilItems('locks/a', 0);
    await town.untilItems('locks/b', 1);
  }
});

test('names that cannot be are refused', async () => {
  await using town = await Town.open();
  const { coordination } = await town.program();
  for (const names of [[], ['a', 'a'], ['a', 'b/c']])
    assert.throws(() => coordination.locks(names), { code: 'invalid-option' });
});

test('who lost one while he waited for the next is not given the rest', async () => {
  await using town = await Town.open();
  const { coordination: other } = await town.program({ holder: 'other' });
  const { engine, coordination } = await town.program();
  const theirs = await other.lock('b').acquire();
  const waiting = coordination.locks(['a', 'b']).acquire();
  const rejected = assert.rejects(waiting, { code: 'not-held' });
  await until(() => engine.watched.length === 1, 'it waits for b');
  engine.isHeard = false;
  await until(() => {
    engine.clock.advance(100);
    return coordination.state === 'suspended';
  }, 'the server is silent');
  engine.isHeard = true;
  await until(() => {
    engine.clock.advance(100);
    return coordination.state === 'reconnected';
  }, 'the server answers');
  await theirs.release();
  await rejected;
  await town.untilItems('locks/a', 0);
  await town.untilItems('locks/b', 0);
});
