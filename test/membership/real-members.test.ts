/** Members of one process on real sockets: what the simulator cannot show is that the real ports carry them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joinMembership, type Membership, type MembershipOptions } from '../../src/membership/index.ts';
import { failsWith, patterned } from '../ports/expectations.ts';

const host = '127.0.0.1';
const keys = [patterned(32, 1)];

function join(id: string, seeds: MembershipOptions['seeds'] = []): Promise<Membership> {
  return joinMembership({
    id,
    cluster: 'loopback',
    keys,
    listen: { host, port: 0 },
    seeds,
    // So slow a suspicion that a machine which is busy with other tests takes nobody for dead who lives.
    gossip: { probePeriod: 200, probeTimeout: 100, gossipPeriod: 50, suspicionFactor: 10 },
  });
}

/** Waits until the member believes this of each, such as `a HEALTHY`. */
function sees(member: Membership, beliefs: string): Promise<unknown> {
  return member.until((members) => members.map(({ id, status }) => `${id} ${status}`).join(', ') === beliefs);
}

test('five members on loopback find each other, find one dead that stopped, and say goodbye', async () => {
  await using all = new AsyncDisposableStack();
  const first = all.use(await join('a'));
  const others = await Promise.all(['b', 'c', 'd', 'e'].map((id) => join(id, [first.address])));
  for (const other of others) all.use(other);
  await Promise.all(
    [first, ...others].map((member) => sees(member, 'a HEALTHY, b HEALTHY, c HEALTHY, d HEALTHY, e HEALTHY')),
  );

  const [b, c, d, e] = others as [Membership, Membership, Membership, Membership];
  await c.close();
  await Promise.all(
    [first, b, d, e].map((member) => sees(member, 'a HEALTHY, b HEALTHY, c UNHEALTHY, d HEALTHY, e HEALTHY')),
  );

  await e.leave();
  await Promise.all(
    [first, b, d].map((member) => sees(member, 'a HEALTHY, b HEALTHY, c UNHEALTHY, d HEALTHY, e LEFT')),
  );
  const peers = first.clocks.peers.map(({ peer }) => peer).sort();
  assert.deepEqual(peers, ['b', 'd'], 'clocks of those who are there');
});

test('a port that is taken is refused, and nothing is left open', async () => {
  const first = await join('a');
  const port = Number(first.address.split(':')[1]);
  await failsWith('in-use', joinMembership({ id: 'b', cluster: 'loopback', keys, listen: { host, port } }));
  await first.close();
  const again = await joinMembership({ id: 'b', cluster: 'loopback', keys, listen: `${host}:${port}` });
  await again.close();
});

test('members may be found by names', async () => {
  await using all = new AsyncDisposableStack();
  const named = { cluster: 'loopback', keys, listen: { host, port: 0 }, advertise: 'localhost:0' };
  const first = all.use(await joinMembership({ ...named, id: 'a' }));
  assert.match(first.address, /^localhost:\d+$/);
  const second = all.use(await joinMembership({ ...named, id: 'b', seeds: [first.address] }));
  await Promise.all([first, second].map((member) => sees(member, 'a HEALTHY, b HEALTHY')));
  assert.equal(first.member('b')?.address, second.address);
});
