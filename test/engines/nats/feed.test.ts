/** What a directory is fed by, on a server in memory: consumers that are not answered for, that fall silent, that bring nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { bytes, textOf } from '../../../src/engines/conformance/story.ts';
import { openNats } from '../../../src/engines/nats/index.ts';
import type { Engine } from '../../../src/engines/port/index.ts';
import { ManualClock } from '../../net/manual-clock.ts';
import type { FakeConnection } from './fake-connection.ts';
import { FakeServer } from './fake-server.ts';

interface Stage {
  readonly server: FakeServer;
  readonly engine: Engine;
  readonly clock: ManualClock;
  readonly connection: FakeConnection;
}

async function staged(run: (stage: Stage) => Promise<void>): Promise<void> {
  const server = new FakeServer();
  const clock = new ManualClock();
  const load = (): Promise<typeof server.module> => Promise.resolve(server.module);
  await using engine = await openNats('nats://fake', { load, network: server.network, clock });
  const [connection] = server.connections;
  assert.ok(connection !== undefined);
  await run({ server, engine, clock, connection });
}

test('a consumer of which nobody says that it was made delivers to nobody', () =>
  staged(async ({ server, engine, clock }) => {
    server.loseConsumers = 1;
    const writing = put(engine, 'one');
    await settled();
    clock.advance(1_000);
    await writing;
    await put(engine, 'two');
    assert.equal(textOf(await engine.get('a/x')), 'two');
    assert.equal(server.consumersMade, 2, 'the second one was not taken for broken');
  }));

test('a cluster that is slow to make consumers is given more time with each try', () =>
  staged(async ({ server, engine, clock, connection }) => {
    server.loseConsumers = 5;
    const writing = put(engine, 'one');
    for (let at = 0; at < 5; at += 1) {
      await settled();
      clock.advance(500);
    }
    await writing;
    const waits = connection.waits.filter(([subject]) => subject.includes('CONSUMER.CREATE'));
    assert.deepEqual(
      waits.map(([, timeoutMs]) => timeoutMs),
      [1_000, 1_000, 2_000, 2_000, 4_000, 4_000],
    );
  }));

test('a consumer that miscounts what it has to deliver catches up all the same', () =>
  staged(async ({ server, engine }) => {
    server.append('QUORATE.quorate.a.x', [['Quorate-Previous', '0']], bytes('one'));
    server.miscount = 34;
    assert.equal(textOf(await engine.get('a/x')), 'one');
    await put(engine, 'two');
    assert.equal(textOf(await engine.get('a/x')), 'two');
  }));

test('a consumer of which nothing is heard is replaced when somebody waits for it', () =>
  staged(async ({ engine, clock, connection }) => {
    await put(engine, 'one');
    connection.isDeaf = true;
    const reading = engine.get('a/x');
    await settled();
    connection.isDeaf = false;
    clock.advance(2_000);
    assert.equal(textOf(await reading), 'one');
  }));

test('a consumer that sends heartbeats and brings nothing is replaced when somebody waits for it', () =>
  staged(async ({ server, engine, clock, connection }) => {
    await put(engine, 'one');
    connection.isDeaf = true;
    const reading = engine.get('a/x');
    await settled();
    for (let second = 1; second <= 3; second += 1) {
      clock.advance(1_000);
      connection.beat();
    }
    await settled();
    assert.equal(server.consumersMade, 1, 'a lag is no reason yet');
    connection.isDeaf = false;
    clock.advance(1_000);
    assert.equal(textOf(await reading), 'one');
  }));

async function put(engine: Engine, value: string): Promise<void> {
  await engine.transact({ operations: [{ kind: 'put', key: 'a/x', value: bytes(value) }] });
}

/** Everything that is under way and waits for no clock has happened. */
async function settled(): Promise<void> {
  for (let at = 0; at < 20; at += 1) await turn();
}
