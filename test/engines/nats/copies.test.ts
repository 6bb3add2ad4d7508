/**
 * Servers whose copies of the stream differ, in memory: one that led and came back keeps what it never sent to anybody
 * in place of what was acknowledged meanwhile, as 2.9.10 was seen to do (`nats-copies.engine.ts`).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytes, textOf } from '../../../src/engines/conformance/story.ts';
import { openNats } from '../../../src/engines/nats/index.ts';
import type { Engine } from '../../../src/engines/port/index.ts';
import { ManualClock } from '../../net/manual-clock.ts';
import { driven, turns } from './driven.ts';
import { FakeServer } from './fake-server.ts';

const place = 'QUORATE.quorate.line';
const first = [['Quorate-Previous', '0']] as const;
const elsewhere = { subject: 'QUORATE.quorate.other.x', headers: first };
const ghost = { subject: `${place}.x-ghost`, headers: first };

interface Client {
  readonly engine: Engine;
  readonly clock: ManualClock;
}

const copies: readonly { readonly name: string; readonly inPlace: Parameters<FakeServer['displace']>[2] }[] =
  [
    { name: 'nothing', inPlace: undefined },
    { name: 'another of the same directory', inPlace: ghost },
    { name: 'one of another directory', inPlace: elsewhere },
    { name: 'the same one, taken at another time', inPlace: { subject: `${place}.x-first`, headers: first } },
  ];

for (const { name, inPlace } of copies) {
  test(`a server that has ${name} in place of what was acknowledged is not believed`, () =>
    staged(async (server, client) => {
      server.displace('two', server.append(`${place}.x-first`, first, bytes('first')), inPlace);
      const { engine, clock } = await client();
      const { items } = await driven(clock, engine.list('line'));
      assert.deepEqual(items.map(textOf), ['first']);
    }));

  // Where it has nothing, it may have been swept.
  if (inPlace === undefined) continue;
  test(`a leader that has ${name} in place of what was acknowledged is told, and proves nothing`, () =>
    staged(async (server, client) => {
      server.displace('one', server.append(`${place}.x-first`, first, bytes('first')), inPlace);
      const { engine, clock } = await client();
      await assert.rejects(driven(clock, engine.list('line')), {
        code: 'engine-failed',
        outcome: 'not-applied',
        message: /servers (two and three|three and two) .* differ at message \d+ .* server that leads/,
      });
    }));
}

test('what only the server has that is read is not believed, whatever lies there elsewhere', () =>
  staged(async (server, client) => {
    server.displace('two', server.append('QUORATE.quorate.other.x', first), ghost);
    const { engine, clock } = await client();
    assert.deepEqual((await driven(clock, engine.list('line'))).items, []);
  }));

test('what only the leader has is told as well', () =>
  staged(async (server, client) => {
    server.displace('one', server.append('QUORATE.quorate.other.x', first), ghost);
    const { engine, clock } = await client();
    await assert.rejects(driven(clock, engine.list('line')), { code: 'engine-failed' });
  }));

test('a consumer on the leader is replaced before anything of it is believed', () =>
  staged(async (server, client) => {
    const { engine, clock } = await client();
    server.placed.push('one', 'one', 'two');
    server.asked.length = 0;
    await driven(clock, engine.list('line'));
    assert.deepEqual([server.consumersMade, server.asked.length], [3, 1], 'and nothing is compared twice');
  }));

test('what comes while a reader is asking is asked about before he reads it', () =>
  staged(async (server, client) => {
    const { engine, clock } = await client();
    server.placed.push('two');
    await driven(clock, engine.list('line'));
    server.behindAnswer = (): void => {
      server.displace('two', server.messages.length + 1, ghost);
      server.append('QUORATE.quorate.other.x', first);
    };
    assert.deepEqual((await driven(clock, engine.list('line'))).items, []);
  }));

test('the leader is never held against itself, though it leads only since its copy is read', () =>
  staged(async (server, client) => {
    const { engine, clock } = await client();
    server.displace('two', server.append(`${place}.x-first`, first, bytes('first')), ghost);
    // The consumer is on it, and has caught up, when it is made the leader.
    server.before = (): void => {
      server.before = (): void => {
        server.leader = 'two';
      };
    };
    await assert.rejects(driven(clock, engine.list('line')), { code: 'engine-failed' });
  }));

test('what comes once more and is another now has the copy made anew', () =>
  staged(async (server, client) => {
    const { engine, clock } = await client();
    await using watch = engine.watch({ directory: 'line' });
    await driven(clock, watch.next());
    const told = server.append(`${place}.x-first`, first, bytes('first'));
    server.displace('three', told, ghost);
    // A server that lags behind begins at its own end, which lies before what was heard.
    server.endsAt = told - 1;
    server.placed.push('three');
    for (const connection of server.connections) connection.lose();
    for (const connection of server.connections) connection.restore();
    await driven(clock, turns(200));
    assert.equal(server.placed.length, 0);
    server.endsAt = Number.POSITIVE_INFINITY;
    const { value } = await driven(clock, watch.next());
    assert.deepEqual(value?.kind === 'present' && value.items.map(textOf), ['first']);
  }));

test('a write that seems to have come too late, for what only its own server has, is known to have counted', () =>
  staged(async (server, client) => {
    const { engine, clock } = await client();
    await driven(clock, engine.list('line'));
    const key = 'line/x-mine';
    server.before = (): void => {
      const other = { subject: `${place}.x-mine`, headers: first };
      server.displace('two', server.append('QUORATE.quorate.other.x', first), other);
    };
    const write = { kind: 'put', key, value: bytes('mine') } as const;
    const answer = await driven(
      clock,
      engine.transact({ when: [{ key, is: 'absent' }], operations: [write] }),
    ).catch((error: unknown) => error);
    assert.equal(textOf(await driven(clock, engine.get(key))), 'mine');
    assert.notDeepEqual(answer, { succeeded: false, reason: 'condition' });
  }));

test('a session whose renewal is missing where its end is read is not over', () =>
  staged(async (server, client) => {
    const record = 'QUORATE.=sessions.holder';
    const previous = ['Quorate-Previous', String(server.append(record, first, bytes('60000')))] as const;
    const session = ['Quorate-Session', 'holder'] as const;
    server.append(`${place}.held`, [...first, session], bytes('mine'));
    server.displace('two', server.append(record, [previous], bytes('60000')), elsewhere);
    server.append(record, [previous, ['Quorate-Gone', 'expired']]);
    server.placed.push('two', 'two');
    const { engine, clock } = await client();
    const { items } = await driven(clock, engine.list('line'));
    assert.deepEqual(items.map(textOf), ['mine']);
  }));

test('what is deleted in one copy only is not swept out of the others', () =>
  staged(async (server, client) => {
    const { engine, clock } = await client();
    await using watch = engine.watch({ directory: 'line' });
    await driven(clock, watch.next());
    const lives = server.append(`${place}.lives`, first, bytes('lives'));
    server.displace('two', lives + 1, {
      subject: `${place}.lives`,
      headers: [
        ['Quorate-Previous', String(lives)],
        ['Quorate-Gone', 'deleted'],
      ],
    });
    const other = server.append(`${place}.other`, first, bytes('other'));
    server.nowMs += 3_600_000;
    server.append(`${place}.=barrier`, []);
    for (let round = 0; round < 30; round += 1) {
      clock.advance(1_500);
      await turns(30);
    }
    const kept = server.messages.map(({ sequence }) => sequence);
    assert.ok(
      kept.includes(lives) && kept.includes(other),
      'neither what lives nor what has the number of its end',
    );
  }));

/** Three servers, of which the first leads; who comes has its consumers on the second before it has any on the third. */
async function staged(
  run: (server: FakeServer, client: () => Promise<Client>) => Promise<void>,
): Promise<void> {
  const server = new FakeServer();
  const closing: Engine[] = [];
  const client = async (): Promise<Client> => {
    const clock = new ManualClock();
    const load = (): Promise<typeof server.module> => Promise.resolve(server.module);
    const engine = await openNats('nats://fake', { load, network: server.network, clock, copies: 3 });
    closing.push(engine);
    return { engine, clock };
  };
  server.copies = 3;
  server.servers = ['one', 'two', 'three'];
  server.leader = 'one';
  await client();
  try {
    await run(server, client);
  } finally {
    await Promise.all(closing.map((engine) => engine.close()));
  }
}
