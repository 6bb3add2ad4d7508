/** What is swept out of the stream on a server in memory, what must stay, and who may not notice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { bytes, textOf } from '../../../src/engines/conformance/story.ts';
import { openNats } from '../../../src/engines/nats/index.ts';
import type { Engine, Operation } from '../../../src/engines/port/index.ts';
import { ManualClock } from '../../net/manual-clock.ts';
import { FakeServer } from './fake-server.ts';

const key = 'a/x';
const subject = 'QUORATE.quorate.a.x';
const retentionMs = 10_000;

test('old deletions leave the stream, and who goes on from before them hears what is there', async () => {
  const { server, ...one } = await stage();
  const { engine } = one;
  await write(engine, { kind: 'put', key, value: bytes('one') });
  const { mark } = await engine.list('a');
  await write(engine, { kind: 'put', key: 'a/stays', value: bytes('stays') });
  await write(engine, { kind: 'delete', key });
  server.append(subject, [['Quorate-Previous', '0']], bytes('who came too late'));
  server.nowMs += retentionMs - 1;
  await engine.list('a');
  await rounds(one, 30);
  assert.equal(of(server, subject).length, 3, 'not before their time');
  server.nowMs += 2;
  await engine.list('a');
  await rounds(one, 30);
  assert.deepEqual(of(server, subject), [], 'the deletion, what it deleted, and what did not count');
  assert.equal(of(server, 'QUORATE.quorate.a.stays').length, 1);
  const other = await client(server);
  assert.ok(mark !== undefined);
  const watch = other.engine.watch({ directory: 'a' }, { from: mark });
  const { value } = await watch.next();
  assert.deepEqual(value?.kind === 'present' && value.items.map(textOf), ['stays']);
  await watch.return();
  for (const each of [engine, other.engine]) {
    const answer = await each.transact({
      when: [{ key, is: 'absent' }],
      operations: [{ kind: 'put', key, value: bytes('anew') }],
    });
    assert.equal(answer.succeeded, each === engine, 'one of them makes it anew');
    assert.equal(textOf(await each.get(key)), 'anew');
  }
  await Promise.all([engine.close(), other.engine.close()]);
});

test('the deletions that somebody was about to sweep and did not are swept by who comes next', async () => {
  const { server, engine } = await stage();
  await write(engine, { kind: 'put', key, value: bytes('one') });
  await write(engine, { kind: 'delete', key });
  const last = of(server, subject).at(-1)?.sequence ?? 0;
  server.append('QUORATE.quorate.a.=floor', [['Quorate-Floor', String(last)]]);
  await engine.close();
  const other = await client(server);
  await other.engine.list('a');
  await rounds(other, 30);
  assert.deepEqual(of(server, subject), []);
  await other.engine.close();
});

interface Client {
  readonly engine: Engine;
  readonly clock: ManualClock;
}

async function stage(): Promise<Client & { readonly server: FakeServer }> {
  const server = new FakeServer();
  return { server, ...(await client(server)) };
}

async function client(server: FakeServer): Promise<Client> {
  const clock = new ManualClock();
  const { module, network } = server;
  const load = (): Promise<typeof module> => Promise.resolve(module);
  const engine = await openNats('nats://fake', { load, network, clock, retention: retentionMs });
  return { engine, clock };
}

function of(server: FakeServer, name: string): FakeServer['messages'] {
  return server.messages.filter((message) => message.subject === name);
}

async function write(engine: Engine, operation: Operation): Promise<void> {
  const answer = await engine.transact({ operations: [operation] });
  assert.equal(answer.succeeded, true);
}

/** Lets sweeps begin, and what they ask be answered, while somebody has the directory in use. */
async function rounds({ engine, clock }: Client, count: number): Promise<void> {
  await using watch = engine.watch({ directory: 'a' });
  await watch.next();
  for (let round = 0; round < count; round += 1) {
    clock.advance(1_500);
    for (let at = 0; at < 30; at += 1) await turn();
  }
}
