/** Consumers that leave messages out, on a server in memory: whoever reads or writes notices, and gets what was left out. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytes, textOf } from '../../../src/engines/conformance/story.ts';
import { openNats } from '../../../src/engines/nats/index.ts';
import type { Engine, Operation } from '../../../src/engines/port/index.ts';
import { ManualClock } from '../../net/manual-clock.ts';
import { driven, turns } from './driven.ts';
import { FakeServer } from './fake-server.ts';

const place = 'QUORATE.quorate.line';

interface Client {
  readonly engine: Engine;
  readonly clock: ManualClock;
}

test('who is second in a line hears of the first, though its consumer has left it out', () =>
  staged(async (server, { engine, clock }) => {
    server.leftOut.set(`${place}.x-first`, 1);
    server.append(`${place}.x-first`, [['Quorate-Previous', '0']], bytes('first'));
    await append(engine, 'secondly');
    assert.deepEqual(await driven(clock, keys(engine)), ['line/x-first', 'line/x-secondly']);
  }));

test('a message that was left out between others is missed as well', () =>
  staged(async (server, { engine, clock }) => {
    server.leftOut.set(`${place}.x-third`, 1);
    const names = ['first', 'second', 'third', 'fourth'];
    for (const name of names) server.append(`${place}.x-${name}`, [['Quorate-Previous', '0']], bytes(name));
    assert.deepEqual(
      await driven(clock, keys(engine)),
      names.map((name) => `line/x-${name}`),
    );
    assert.equal(server.consumersMade, 2, 'the copy was made anew once');
  }));

test('a copy that is made anew and has the same hole is made anew again', () =>
  staged(async (server, { engine, clock }) => {
    server.leftOut.set(`${place}.x-first`, 2);
    server.append(`${place}.x-first`, [['Quorate-Previous', '0']], bytes('first'));
    const crowd = (): void => {
      for (let at = 0; at < 300; at += 1) server.append(`${place}.=barrier`, []);
    };
    server.before = (): void => {
      server.before = crowd;
    };
    assert.deepEqual(await driven(clock, keys(engine)), ['line/x-first'], 'whatever came in the meantime');
    assert.equal(server.consumersMade, 3);
  }));

test('a watch hears what is there when something was left out', () =>
  staged(async (server, { engine, clock }) => {
    await using watch = engine.watch({ directory: 'line' });
    assert.equal((await watch.next()).value?.kind, 'present');
    server.leftOut.set(`${place}.x-first`, 1);
    server.append(`${place}.x-first`, [['Quorate-Previous', '0']], bytes('first'));
    await driven(clock, keys(engine));
    const { value } = await driven(clock, watch.next());
    assert.deepEqual(value?.kind === 'present' && value.items.map(textOf), ['first']);
  }));

test('a write over one that was left out does not count', () =>
  staged(async (server, { engine, clock }) => {
    server.leftOut.set(`${place}.holder`, 1);
    server.append(`${place}.holder`, [['Quorate-Previous', '0']], bytes('somebody'));
    const key = 'line/holder';
    const taking = engine.transact({
      when: [{ key, is: 'absent' }],
      operations: [{ kind: 'put', key, value: bytes('me') }],
    });
    assert.deepEqual(await driven(clock, taking), { succeeded: false, reason: 'condition' });
    assert.equal(textOf(await engine.get(key)), 'somebody');
  }));

test('a verdict over a session is not believed when the renewal before it was left out', () =>
  staged(async (server, { engine, clock }) => {
    const record = 'QUORATE.=sessions.holder';
    const begun = server.append(record, [['Quorate-Previous', '0']], bytes('60000'));
    const previous = ['Quorate-Previous', String(begun)] as const;
    const session = ['Quorate-Session', 'holder'] as const;
    server.append(`${place}.held`, [['Quorate-Previous', '0'], session], bytes('mine'));
    assert.deepEqual(await keys(engine), ['line/held']);
    server.leftOut.set(record, 1);
    const renewed = server.append(record, [previous], bytes('60000'));
    server.append(record, [previous, ['Quorate-Gone', 'expired']]);
    for (let at = 0; at < 3; at += 1) {
      await driven(clock, turns(100));
      assert.deepEqual(await driven(clock, keys(engine)), ['line/held']);
    }
    server.append(record, [
      ['Quorate-Previous', String(renewed)],
      ['Quorate-Gone', 'expired'],
    ]);
    await driven(clock, turns(100));
    assert.deepEqual(await driven(clock, keys(engine)), [], 'one that counts is');
  }));

test('one that leads no more and knows of nothing is not believed', () =>
  staged(async (server, { engine, clock }) => {
    server.leftOut.set(`${place}.x-first`, 1);
    server.append(`${place}.x-first`, [['Quorate-Previous', '0']], bytes('first'));
    server.deposed = 3;
    assert.deepEqual(await driven(clock, keys(engine)), ['line/x-first']);
  }));

test('a reader who finds no leader ends at its deadline', () =>
  staged(async (server, { engine, clock }) => {
    server.deposed = Number.POSITIVE_INFINITY;
    const late = driven(clock, engine.list('line', { deadline: '1s' }));
    await assert.rejects(late, { code: 'deadline-exceeded', outcome: 'not-applied' });
  }));

test('what was swept in the meantime is no hole, and a quiet directory costs one question', () =>
  staged(async (server, { engine }) => {
    for (const name of ['first', 'second']) {
      server.append(`${place}.x-${name}`, [['Quorate-Previous', '0']], bytes(name));
    }
    server.evict(`${place}.x-second`, Number.POSITIVE_INFINITY);
    await keys(engine);
    server.asked.length = 0;
    await keys(engine);
    assert.deepEqual(server.asked, [`${place}.*`]);
    assert.equal(server.consumersMade, 1);
  }));

/** With an engine whose copy of the directory has caught up. */
async function staged(run: (server: FakeServer, client: Client) => Promise<void>): Promise<void> {
  const server = new FakeServer();
  const clock = new ManualClock();
  const load = (): Promise<typeof server.module> => Promise.resolve(server.module);
  await using engine = await openNats('nats://fake', { load, network: server.network, clock });
  await engine.list('line');
  await run(server, { engine, clock });
}

async function append(engine: Engine, id: string): Promise<void> {
  const operation: Operation = { kind: 'append', directory: 'line', label: 'x', id, value: bytes(id) };
  assert.equal((await engine.transact({ operations: [operation] })).succeeded, true);
}

async function keys(engine: Engine): Promise<string[]> {
  return (await engine.list('line')).items.map(({ key }) => key);
}
