import assert from 'node:assert/strict';
import { test } from 'node:test';
import { detectionBound, swimSettings } from '../../src/gossip/index.ts';
import { VirtualCluster, type VirtualNode } from './virtual-cluster.ts';

/** Everybody who is up takes it for dead or gone. */
function isKnownGone(cluster: VirtualCluster, { id }: VirtualNode): boolean {
  return cluster.up.every(({ swim }) => {
    const status = swim.members.get(id)?.status;
    return status === 'UNHEALTHY' || status === 'LEFT';
  });
}

test('fifty nodes that join by one of them know each other', () => {
  const cluster = new VirtualCluster({ nodes: 50, seed: 1, acquainted: false });
  assert.ok(cluster.until(() => cluster.agrees, 10_000) !== undefined);
  assert.equal(cluster.history.of('joined').length, 50 * 49);
  assert.deepEqual(cluster.history.falseSuspicions, []);
});

for (const [nodes, loss] of [
  [5, 0],
  [5, 0.2],
  [50, 0],
  [50, 0.2],
] as const) {
  test(`of ${nodes} nodes with ${loss * 100} % loss each that crashes is known to all within the bound`, () => {
    const cluster = new VirtualCluster({ nodes, seed: 7, loss });
    const bound = detectionBound(nodes, swimSettings());
    cluster.run(5_000);
    for (const victim of cluster.nodes.slice(1, 3)) {
      cluster.crash(victim);
      const tookMs = cluster.until(() => isKnownGone(cluster, victim), bound.totalMs);
      assert.ok(tookMs !== undefined, `${victim.id} is not known dead after ${bound.totalMs} ms`);
    }
    assert.deepEqual(cluster.history.falseDeaths, []);
  });
}

test('under twenty percent loss nobody who lives is buried, and all who are suspected contradict', () => {
  let [felt, contradicted] = [0, 0];
  for (const [nodes, ms] of [
    [5, 600_000],
    [50, 60_000],
  ] as const) {
    const cluster = new VirtualCluster({ nodes, seed: 11, loss: 0.2 });
    cluster.run(ms);
    assert.deepEqual(cluster.history.falseDeaths, []);
    felt += cluster.history.falseSuspicions.length;
    contradicted += cluster.history.of('contradicted').length;
  }
  assert.ok(felt > 0, 'the loss is felt');
  assert.ok(contradicted > 0);
});

test('under twenty percent loss hardly anybody is suspected, so that few have to be told', () => {
  const cluster = new VirtualCluster({ nodes: 20, seed: 11, loss: 0.2 });
  cluster.run(300_000);
  // A probe of six questions fails once in 2,000 times by the loss alone, and one of three once in 100.
  const suspicions = new Set(cluster.history.falseSuspicions.map(({ atMs }) => Math.floor(atMs / 3_000)));
  assert.ok(suspicions.size < 20, `${suspicions.size} suspicions in 6,000 probes`);
});

test('a node that stands still for five seconds is at most suspected, contradicts, and suspects nobody', () => {
  for (const nodes of [5, 50]) {
    const cluster = new VirtualCluster({ nodes, seed: 3 });
    cluster.run(5_000);
    for (const node of cluster.nodes.slice(0, 4)) {
      cluster.pause(node, 5_000);
      cluster.run(15_000);
    }
    assert.deepEqual(cluster.history.of('failed'), []);
    assert.deepEqual(cluster.history.falseSuspicions.filter(isOfRested(cluster)), []);
    assert.ok(cluster.history.of('suspected').length > 0, 'the pause is felt');
    assert.ok(cluster.history.of('refuted').length > 0);
    assert.ok(cluster.until(() => cluster.agrees, 5_000) !== undefined);
  }
});

/** A suspicion of a node that was not paused in this run. */
function isOfRested({ nodes }: VirtualCluster) {
  const paused = new Set(nodes.slice(0, 4).map(({ id }) => id));
  return ({
    event,
  }: {
    readonly event: { readonly kind: string; readonly member?: { readonly id: string } };
  }): boolean => !paused.has(event.member?.id ?? '');
}

test('45 · a node that crashed, was buried and starts again with an old incarnation lives again for all', () => {
  const cluster = new VirtualCluster({ nodes: 5, seed: 5 });
  const [first, victim] = cluster.nodes as [VirtualNode, VirtualNode];
  cluster.run(2_000);
  for (const status of ['UNHEALTHY', 'HEALTHY'] as const) {
    // The second time it is back before anybody has noticed.
    cluster.crash(victim);
    if (status === 'UNHEALTHY') cluster.until(() => isKnownGone(cluster, victim), 60_000);
    const before = first.swim.members.get(victim.id);
    assert.equal(before?.status, status);
    cluster.restart(victim, { seeds: [first.address] });
    assert.ok(cluster.until(() => cluster.agrees, 5_000) !== undefined);
    for (const { swim } of cluster.nodes) {
      const member = swim.members.get(victim.id);
      assert.equal(member?.incarnation, victim.swim.self.incarnation);
      assert.ok(status === 'HEALTHY' || member.incarnation > before.incarnation);
    }
  }
});

test('who leaves is known to have left, and nobody takes it for dead', () => {
  const cluster = new VirtualCluster({ nodes: 50, seed: 9 });
  const [, leaver] = cluster.nodes as [VirtualNode, VirtualNode];
  cluster.run(2_000);
  cluster.leave(leaver);
  assert.ok(cluster.until(() => leaver.swim.status.phase === 'left', 5_000) !== undefined);
  cluster.crash(leaver);
  cluster.run(60_000);
  for (const { swim } of cluster.up) assert.equal(swim.members.get(leaver.id)?.status, 'LEFT');
  assert.deepEqual(cluster.history.of('failed'), []);
  assert.deepEqual(cluster.history.of('suspected'), []);
  cluster.restart(leaver, { seeds: ['n0.test:7946'] });
  assert.ok(cluster.until(() => cluster.agrees, 10_000) !== undefined);
});

test('two halves that took each other for dead become one when the partition heals', () => {
  const cluster = new VirtualCluster({ nodes: 20, seed: 13 });
  const left = new Set(cluster.nodes.slice(0, 10).map(({ address }) => address));
  cluster.run(5_000);
  cluster.reaches = (from, to) => left.has(from) === left.has(to);
  const isSplit = (): boolean => cluster.nodes.every(({ swim }) => swim.status.live === 10);
  assert.ok(cluster.until(isSplit, 200_000) !== undefined);
  cluster.reaches = () => true;
  assert.ok(cluster.until(() => cluster.agrees, 60_000) !== undefined);
});

test('a run is the same each time, to the event', () => {
  const run = (seed: number): string => {
    const cluster = new VirtualCluster({ nodes: 8, seed, loss: 0.2 });
    cluster.at(10_000, () => cluster.crash(cluster.node('n3')));
    cluster.at(12_000, () => cluster.pause(cluster.node('n4'), 3_000));
    cluster.run(60_000);
    return JSON.stringify([cluster.history.events, cluster.traffic]);
  };
  assert.equal(run(21), run(21));
  assert.notEqual(run(21), run(22));
});

test('packets are as many and as large in a cluster of fifty as in one of five', () => {
  const perNodeSecond = [5, 50].map((nodes) => {
    const cluster = new VirtualCluster({ nodes, seed: 2 });
    cluster.run(30_000);
    const before = { ...cluster.traffic };
    cluster.run(60_000);
    const { datagrams, datagramBytes, reliable } = cluster.traffic;
    assert.equal(reliable, before.reliable, 'who agrees sends no views');
    return [(datagrams - before.datagrams) / nodes / 60, (datagramBytes - before.datagramBytes) / nodes / 60];
  });
  const [[packetsOfFive, bytesOfFive], [packetsOfFifty, bytesOfFifty]] = perNodeSecond as [
    [number, number],
    [number, number],
  ];
  assert.ok(packetsOfFifty < packetsOfFive * 1.1, `${packetsOfFifty} against ${packetsOfFive}`);
  assert.ok(bytesOfFifty < bytesOfFive * 1.2, `${bytesOfFifty} against ${bytesOfFive}`);
});
