/**
 * One bad packet with the right key: somebody's mistake, or somebody's malice. Whatever it says of a member and
 * whoever hears it, a healthy member can contradict, newcomers meet it, and all views become one again by themselves.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressOf, dead, healthy, type Letter, left, Solo, suspect, written } from './solo.ts';
import { VirtualCluster, type VirtualNode } from './virtual-cluster.ts';

/** How far one claim may be above what is known, by default. */
const jump = 2 ** 32;
const victim = 'n1';
const others = ['n0', 'n2', 'n3', 'n4', 'n5'];

function clusterWith(letters: readonly (readonly [to: string, letter: Letter])[]): VirtualCluster {
  const cluster = new VirtualCluster({ nodes: 6, seed: 17 });
  cluster.run(5_000);
  cluster.history.forged(victim);
  for (const [to, letter] of letters) {
    cluster.deliver(cluster.node(to), written(letter), addressOf(letter.sender));
  }
  return cluster;
}

function comesTogether(cluster: VirtualCluster, when: string): void {
  assert.ok(cluster.until(() => cluster.agrees, 180_000) !== undefined, `all agree ${when}`);
}

const forgeries: Readonly<Record<string, readonly (readonly [to: string, letter: Letter])[]>> = {
  'a suspicion of the next age, told to its victim alone': [
    [victim, { sender: 'n5', claims: [suspect(victim, jump)] }],
  ],
  'a goodbye of the next age, told to its victim alone': [
    [victim, { sender: 'n5', claims: [left(victim, jump)] }],
  ],
  'a death in the next age, told to one of the others': [
    ['n2', { sender: 'n5', claims: [dead(victim, jump)] }],
  ],
  'a life in the next age, told to one of the others': [
    ['n2', { sender: 'n5', claims: [healthy(victim, jump)] }],
  ],
  'a life many ages on, in the words of the victim itself': [
    ['n2', { sender: victim, incarnation: jump * 100, claims: [healthy(victim, jump * 100)] }],
  ],
  'a death many ages on, in the words of the victim itself': [
    ['n2', { sender: victim, incarnation: jump * 100, claims: [dead(victim, jump * 100)] }],
  ],
  'ten suspicions one after the other': Array.from({ length: 10 }, (_, age) => [
    victim,
    { sender: 'n5', claims: [suspect(victim, jump * (age + 1))] },
  ]),
};

for (const [title, letters] of Object.entries(forgeries)) {
  test(`${title}: it can contradict, newcomers meet it, and it may start again`, () => {
    const cluster = clusterWith(letters);
    comesTogether(cluster, 'soon after');
    cluster.run(5_000);

    cluster.pause(cluster.node(victim), 8_000);
    cluster.run(60_000);
    comesTogether(cluster, 'after it stood still for long enough to be suspected');

    const newcomer = cluster.add('x');
    cluster.join(newcomer, [cluster.node('n0').address]);
    comesTogether(cluster, 'with a newcomer');

    const node = cluster.node(victim);
    cluster.crash(node);
    cluster.run(60_000);
    cluster.restart(node, { seeds: [cluster.node('n0').address] });
    comesTogether(cluster, 'when it has started again');
  });
}

test('a newcomer that hears of a far life first believes the member itself', () => {
  const cluster = new VirtualCluster({ nodes: 6, seed: 19 });
  cluster.history.forged(victim);
  const newcomer: VirtualNode = cluster.add('x');
  cluster.deliver(
    newcomer,
    written({ sender: 'n5', claims: [healthy(victim, jump * 100)] }),
    addressOf('n5'),
  );
  assert.equal(newcomer.swim.members.get(victim)?.incarnation, jump * 100);
  cluster.join(newcomer, [cluster.node('n0').address]);
  comesTogether(cluster, 'with the newcomer');
  assert.equal(newcomer.swim.members.get(victim)?.incarnation, 0);
});

test('what is believed of a member, and it would never go above, is forgotten at its own word', () => {
  const solo = new Solo();
  solo.hear({ sender: 'b', claims: [healthy('a', jump + 1), healthy('b')] });
  solo.hear({ sender: 'a', incarnation: 1 });
  assert.equal(solo.belief('a'), `HEALTHY@${jump + 1}`, 'above that it would go');
  solo.hear({ sender: 'a', incarnation: 0 });
  assert.equal(solo.belief('a'), undefined);
  assert.deepEqual(solo.kinds(), ['joined', 'joined', 'forgotten']);
  assert.equal(solo.swim.status.live, 2);
  const [asked] = solo.drain('compare');
  assert.equal(asked?.to, addressOf('a'), 'and it is asked who it is');
  solo.hear({ sender: 'a', claims: [healthy('a')] });
  assert.equal(solo.belief('a'), 'HEALTHY@0');
});

test('others alone take nobody further than one age at a time', () => {
  const solo = new Solo();
  solo.meet('a', ...others);
  for (const claim of [suspect('a', jump + 1), dead('a', jump + 1), healthy('a', jump + 1)]) {
    assert.equal(solo.hear({ sender: 'n0', claims: [claim] }).refused, 'far-incarnation');
  }
  assert.equal(solo.belief('a'), 'HEALTHY@0');
  solo.hear({ sender: 'a', incarnation: jump + 1, claims: [healthy('a', jump + 1)] });
  assert.equal(solo.belief('a'), `HEALTHY@${jump + 1}`, 'itself it may have been driven there');
});
