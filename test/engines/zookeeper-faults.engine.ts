/** A real ensemble whose members are stood still, killed and robbed of their disks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isQuorateError } from '../../src/base/index.ts';
import type { Engine } from '../../src/engines/port/index.ts';
import { openZookeeper, type ZookeeperCapabilities } from '../../src/engines/zookeeper/index.ts';
import { syncRequest } from '../../src/engines/zookeeper/wire/index.ts';
import { RawClient } from './zookeeper/raw-client.ts';
import { startedZookeeper, urlOf } from './zookeeper/servers.ts';

const members = await startedZookeeper({ port: 17_080 });
const places = [0, 1, 2];

async function leaderPlace(): Promise<number> {
  const { port } = await members.leader();
  return members.endpoints.findIndex((endpoint) => endpoint.port === port);
}

async function eventually(engine: Engine<ZookeeperCapabilities>, holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise<void>((resolve) => engine.clock.setTimer(10, resolve));
}

test('a session on a server that lost its leader ends before the leader lets it expire', async () => {
  const leader = await leaderPlace();
  const follower = members.endpoints[(leader + 1) % 3] as { host: string; port: number };
  await using engine = await openZookeeper(`zookeeper://${follower.host}:${follower.port}`);
  await using raw = new RawClient([follower], 20_000);
  const link = await raw.link();
  const session = await engine.session({ ttlMs: 2_000 });
  members.signal(leader, 'SIGSTOP');
  try {
    await eventually(engine, () => session.over.aborted);
    // The server has noticed nothing: it would have gone on answering pings.
    assert.equal(link.isLost, false);
  } finally {
    members.signal(leader, 'SIGCONT');
  }
  await members.ready();
});

test('while members are killed one by one, what was acknowledged stays, and appends are made once', async () => {
  await using engine = await openZookeeper(urlOf(members, '/kills'), { deadline: '30s' });
  const session = await engine.session({ ttlMs: 20_000 });
  let [acknowledged, unknown, made] = [0, 0, 0];
  const over = new AbortController();
  const adding = async (): Promise<void> => {
    while (!over.signal.aborted) {
      try {
        await engine.transact({ operations: [{ kind: 'add', key: 'counters/a', amount: 1 }] });
        acknowledged += 1;
      } catch (error) {
        if (!isQuorateError(error)) throw error;
        if (error.outcome === 'unknown') unknown += 1;
      }
    }
  };
  const ids: string[] = [];
  const appending = async (): Promise<void> => {
    while (!over.signal.aborted) {
      made += 1;
      const id = `append${String(made).padStart(6, '0')}`;
      ids.push(id);
      await engine.transact({
        operations: [
          { kind: 'append', directory: 'line', label: 'lock', id, value: new Uint8Array(0), session },
        ],
      });
    }
  };
  const working = Promise.all([adding(), appending(), appending()]);
  for (let kill = 0; kill < 3; kill += 1) {
    const place = kill === 1 ? await leaderPlace() : kill;
    members.signal(place, 'SIGKILL');
    const before = acknowledged;
    await eventually(engine, () => acknowledged > before + 20);
    await members.stop(place);
    members.start(place);
    await members.ready();
  }
  over.abort();
  await working;
  const { value } = (await engine.get('counters/a')) ?? {};
  const count = Number(new TextDecoder().decode(value));
  assert.ok(count >= acknowledged && count <= acknowledged + unknown, `${acknowledged} ${count} ${unknown}`);
  const { items } = await engine.list('line');
  assert.deepEqual(items.map(({ key }) => /append\d+/.exec(key)?.[0]).toSorted(), ids.toSorted());
  assert.equal(session.isLive, true);
});

test('one member that stands still costs nobody a session', async () => {
  await using engine = await openZookeeper(urlOf(members), { deadline: '20s' });
  const sessions = await Promise.all([1, 2, 3, 4].map(() => engine.session({ ttlMs: 12_000 })));
  const leader = await leaderPlace();
  const place = (leader + 1) % 3;
  members.signal(place, 'SIGSTOP');
  const beganMs = engine.clock.now();
  await eventually(engine, () => engine.clock.now() - beganMs > 13_000);
  assert.deepEqual(
    sessions.map(({ isLive, state }) => isLive && state !== 'suspended'),
    [true, true, true, true],
  );
  await engine.transact({ operations: [{ kind: 'put', key: 'still/a', value: new Uint8Array(0) }] });
  members.signal(place, 'SIGCONT');
  await members.ready();
});

test('an ensemble whose disks were replaced has lost data, and says so', async () => {
  const engine = await openZookeeper(urlOf(members), { deadline: '60s' });
  const session = await engine.session({ ttlMs: 20_000 });
  await engine.transact({ operations: [{ kind: 'put', key: 'lost/a', value: new Uint8Array(0) }] });
  await Promise.all(places.map((place) => members.stop(place)));
  for (const place of places) {
    members.wipe(place);
    members.start(place);
  }
  await assert.rejects(engine.get('lost/a'), { code: 'engine-data-lost' });
  await eventually(engine, () => session.over.aborted);
  await engine.close();
  await using raw = new RawClient(members.endpoints);
  assert.equal((await (await raw.link()).request(syncRequest('/'))).error, 0);
});
