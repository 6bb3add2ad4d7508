import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng, QuorateError } from '../../src/base/index.ts';
import { turn, until } from '../net/manual-clock.ts';
import { failsWith } from '../ports/expectations.ts';
import { FakeCluster, notLeader } from './fake-cluster.ts';

const body = Uint8Array.of(1);
const done = Uint8Array.of(9);

/** Lets a millisecond pass, and everything run that it brings. */
async function tick(cluster: FakeCluster): Promise<void> {
  cluster.clock.advance(1);
  for (let turns = 0; turns < 4; turns += 1) await turn();
}

async function tickUntil(cluster: FakeCluster, holds: () => boolean, what: string): Promise<void> {
  for (let ticks = 0; !holds(); ticks += 1) {
    if (ticks > 20_000) throw new Error(`never came: ${what}`);
    await tick(cluster);
  }
}

/** No node knows of a leader; the result are the times of all tries. */
function leaderless(cluster: FakeCluster): number[] {
  const times: number[] = [];
  for (const node of cluster.nodes) {
    node.answer = () => {
      times.push(cluster.clock.now());
      return notLeader();
    };
  }
  return times;
}

function leads(place: number): QuorateError {
  const address = { host: 'node', port: place + 1 };
  return new QuorateError({ code: 'not-leader', message: 'ask it', data: { group: 0, leader: 1, address } });
}

function busy(): QuorateError {
  const data = { group: 0, what: 'bytes', limit: 1 };
  return new QuorateError({ code: 'group-busy', message: 'slow down', data });
}

test('a cluster without a leader is asked often at first, and then a few times a second', async () => {
  const cluster = new FakeCluster(3, { timeout: '10s' });
  const times = leaderless(cluster);
  const call = failsWith('deadline-exceeded', cluster.client.command(0, body));
  let isOver = false;
  void call.then(() => {
    isOver = true;
  });
  await tickUntil(cluster, () => isOver, 'the deadline');
  const gaps = times.slice(1).map((time, place) => time - (times[place] as number));
  for (const [place, gap] of gaps.entries()) {
    const longest = Math.min(250, 10 * 1.25 ** place);
    assert.ok(gap >= Math.floor(longest / 2) && gap <= longest + 2, `gap ${place} is ${gap} ms`);
  }
  // An election is over after some hundred milliseconds: nobody may sleep through it.
  const began = times[0] as number;
  assert.ok(times.filter((time) => time - began <= 300).length >= 8, `${times.slice(0, 10)}`);
  assert.ok(times.length <= 80, `${times.length} tries in ten seconds`);
});

test('two clients do not ask in step', async () => {
  const story = async (seed: number): Promise<string> => {
    const prng = new Prng(seed);
    const random = { uint32: () => prng.uint32(), fill: () => undefined };
    const cluster = new FakeCluster(1, { random });
    const times = leaderless(cluster);
    const call = failsWith('closed', cluster.client.command(0, body));
    await tickUntil(cluster, () => times.length >= 12, 'twelve tries');
    await cluster.client.close();
    await call;
    return times.join();
  };
  assert.equal(await story(1), await story(1));
  assert.notEqual(await story(1), await story(2));
});

test('a refusal that names the leader is followed at once', async () => {
  const cluster = new FakeCluster(3);
  cluster.node(0).answer = () => leads(2);
  cluster.node(2).answer = () => done;
  assert.deepEqual(await cluster.client.command(0, body), done);
  assert.equal(cluster.node(1).requests.length, 0);
});

test('a node that is down is passed over at once', async () => {
  const cluster = new FakeCluster(3);
  cluster.node(0).mode = 'refuses';
  cluster.node(1).answer = () => done;
  assert.deepEqual(await cluster.client.command(0, body), done);
});

test('two nodes that take each other for the leader are asked no more than twice between two pauses', async () => {
  const cluster = new FakeCluster(2, { timeout: '1s' });
  cluster.node(0).answer = () => leads(1);
  cluster.node(1).answer = () => leads(0);
  let isOver = false;
  const call = failsWith('deadline-exceeded', cluster.client.command(0, body));
  void call.then(() => {
    isOver = true;
  });
  for (let turns = 0; turns < 50; turns += 1) await turn();
  assert.equal(cluster.node(0).requests.length + cluster.node(1).requests.length, 2);
  await tickUntil(cluster, () => isOver, 'the deadline');
  assert.ok(cluster.node(0).requests.length + cluster.node(1).requests.length <= 60);
});

test('nodes that are all down are not tried without a pause for ever', async () => {
  const cluster = new FakeCluster(2, { timeout: '1s' });
  for (const node of cluster.nodes) node.mode = 'refuses';
  let isOver = false;
  const call = failsWith('deadline-exceeded', cluster.client.command(0, body));
  void call.then(() => {
    isOver = true;
  });
  await tickUntil(cluster, () => isOver, 'the deadline');
  const tries = cluster.nodes.reduce((sum, { connects }) => sum + connects, 0);
  assert.ok(tries <= 60, `${tries} tries in a second`);
});

test('who waits for a leader is woken when another call has found it; who waits for room is not', async () => {
  const cluster = new FakeCluster(2, { timeout: '1h' });
  const times = leaderless(cluster);
  const waiting = cluster.client.command(0, body);
  await tickUntil(cluster, () => times.length >= 20, 'long pauses');
  const before = cluster.clock.now();
  for (const node of cluster.nodes) node.answer = () => done;
  assert.deepEqual(await cluster.client.command(0, body), done);
  assert.deepEqual(await waiting, done);
  assert.equal(cluster.clock.now(), before);

  const full = new FakeCluster(1, { timeout: '1h', retryPause: '10s' });
  full.node(0).answer = () => busy();
  const refused = full.client.command(0, body);
  await until(() => full.node(0).requests.length === 1, 'the first try');
  await turn();
  await turn();
  full.node(0).answer = () => done;
  await full.client.read(0, body);
  await turn();
  assert.equal(full.node(0).requests.length, 2);
  full.clock.advance(10_000);
  assert.deepEqual(await refused, done);
  assert.equal(full.clock.timers, 0);
});

test('a node that is overloaded is left alone for as long as it says, and then asked again', async () => {
  const cluster = new FakeCluster(2, { timeout: '1h' });
  const times: number[] = [];
  cluster.node(0).answer = () => {
    times.push(cluster.clock.now());
    return times.length < 6 ? overloaded(400) : done;
  };
  const call = cluster.client.command(0, body);
  await tickUntil(cluster, () => times.length === 6, 'the sixth try');
  assert.deepEqual(await call, done);
  const gaps = times.slice(1).map((time, place) => time - (times[place] as number));
  for (const gap of gaps) assert.ok(gap >= 400 && gap <= 602, `${gaps}`);
  assert.ok(new Set(gaps).size > 1, 'not all come again at the same moment');
  assert.equal(cluster.node(1).requests.length, 0);

  const strange = new FakeCluster(1, { timeout: '1h' });
  const words = [Number.POSITIVE_INFINITY, -5, 'soon' as unknown as number];
  let tries = 0;
  strange.node(0).answer = () => {
    tries += 1;
    return tries <= words.length ? overloaded(words[tries - 1] as number) : done;
  };
  const answer = strange.client.command(0, body);
  const began = strange.clock.now();
  await tickUntil(strange, () => tries > words.length, 'the last try');
  assert.deepEqual(await answer, done);
  assert.ok(strange.clock.now() - began <= 8_000);
});

function overloaded(retryAfterMs: number): QuorateError {
  return new QuorateError({ code: 'overloaded', message: 'too much', data: { waitMs: 800, retryAfterMs } });
}
