/** Nodes that fetch what they have missed: when they join, and when they come back from being degraded. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type KnownMember, PartitionGuard } from '../../../src/gossip/verdict/index.ts';
import { type Recovery, recoverFromPeers } from '../../../src/membership/lifecycle/index.ts';
import { turn, until } from '../../net/manual-clock.ts';
import { refuses } from '../../time/refusals.ts';
import { Story } from './lifecycle-story.ts';
import { deferred } from './parts.ts';

test('a node that joins fetches what it lacks first, from the next peer where one cannot give it', async () => {
  using story = new Story();
  const asked: string[] = [];
  const recovery = recoverFromPeers({
    name: 'orders',
    clock: story.clock,
    peers: () => ['dead', 'silent', 'good', 'unneeded'],
    fetch: async (peer, { reason, signal }) => {
      asked.push(`${peer} ${reason}`);
      if (peer === 'dead') throw new Error('refused');
      if (peer === 'silent')
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    },
  });
  const node = story.node({ recoveries: [recovery] });
  const starting = node.start();
  await until(() => asked.length === 2, 'the silent one is asked');
  assert.equal(node.state.kind, 'joining');
  story.clock.advance(5_000);
  await starting;
  assert.deepEqual(asked, ['dead joined', 'silent joined', 'good joined']);
  assert.equal(node.state.kind, 'running');
  await node.close();
});

test('the first node has nobody to ask; where that must not be it does not start', async () => {
  using story = new Story();
  const alone = { name: 'orders', clock: story.clock, peers: () => [], fetch: () => Promise.resolve() };
  const first = story.node({ recoveries: [recoverFromPeers(alone)] });
  await first.start();
  await first.close();
  const second = story.node({
    recoveries: [recoverFromPeers({ ...alone, mayBeAlone: false })],
    joinWithin: '3s',
  });
  const rejected = assert.rejects(second.start(), { code: 'deadline-exceeded' });
  for (const _ of [1, 2, 3]) {
    await until(() => story.clock.timers === 2, 'it pauses before the next try');
    story.clock.advance(1_000);
  }
  await rejected;
  assert.deepEqual(story.problems, ['recovering orders', 'recovering orders', 'recovering orders']);
});

/** A recovery that ends when the story says so. */
function recoveryByHand(log: string[]): {
  readonly recovery: Recovery;
  readonly open: ReturnType<typeof deferred>[];
} {
  const open: ReturnType<typeof deferred>[] = [];
  const recovery: Recovery = {
    name: 'orders',
    recover: ({ reason, signal }) => {
      log.push(`recover ${reason}`);
      const one = deferred();
      signal.addEventListener('abort', () => one.reject(signal.reason));
      open.push(one);
      return one.promise;
    },
  };
  return { recovery, open };
}

test('a node that was degraded runs again only when it has what it missed', async () => {
  using story = new Story();
  const { recovery, open } = recoveryByHand(story.log);
  const node = story.node({ recoveries: [recovery] });
  const starting = node.start();
  await until(() => open.length === 1, 'it recovers');
  open[0]?.resolve();
  await starting;
  assert.ok(node.degrade('a cut'));
  refuses(() => node.assertRunning(), 'not-running', { state: 'degraded' });
  node.assertServing();
  assert.ok(node.restore());
  assert.equal(node.restore(), false, 'it does already');
  await until(() => open.length === 2, 'it recovers');
  // 1. The peer fails. 2. After a pause it tries again. 3. In the middle of that it is degraded anew.
  open[1]?.reject(new Error('refused'));
  await until(() => story.problems.length === 1, 'it has failed, and pauses');
  story.clock.advance(1_000);
  await until(() => open.length === 3, 'it tries again');
  node.degrade('another cut');
  open[2]?.resolve();
  await turn();
  assert.deepEqual(node.state, { kind: 'degraded', why: 'another cut', isRecovering: false });
  node.restore();
  await until(() => open.length === 4, 'it recovers from that');
  open[3]?.resolve();
  await until(() => node.state.kind === 'running', 'it runs');
  await node.close();
  assert.equal(story.clock.timers, 0);
});

test('a node that is cut off while it joins runs degraded, and closes while it recovers', async () => {
  using story = new Story();
  const gate = deferred();
  const { recovery, open } = recoveryByHand(story.log);
  const node = story.node({ join: () => gate.promise, recoveries: [recovery] });
  const starting = node.start();
  await until(() => node.state.kind === 'joining', 'it joins');
  node.degrade('a cut');
  gate.resolve();
  await until(() => open.length === 1, 'it recovers');
  open[0]?.resolve();
  await starting;
  assert.equal(node.state.kind, 'degraded');
  node.restore();
  await until(() => open.length === 2, 'it recovers');
  await node.close();
  assert.equal(node.state.kind, 'stopped');
  assert.equal(node.degrade('too late'), false);
  assert.equal(node.restore(), false);
  assert.equal(node.fail(new Error('too late')), false);
});

test('a node on the losing side of a partition is degraded, and runs again when that is healed', async () => {
  using story = new Story();
  const node = story.node({
    recoveries: [{ name: 'orders', recover: () => void story.log.push('recover') }],
  });
  await node.start();
  const guard = new PartitionGuard({ self: 'a', strategy: { kind: 'keep-majority' }, settleAfter: 0 });
  const sees = (here: string): void => {
    const members = 'abc'
      .split('')
      .map((id): KnownMember => ({ id, status: here.includes(id) ? 'HEALTHY' : 'UNHEALTHY' }));
    const heard = guard.observe(members, story.clock.now());
    story.clock.advance(10_000);
    for (const { access, why } of [...heard.changes, ...guard.tick(story.clock.now()).changes]) {
      if (access === 'full') node.restore();
      else node.degrade(`its side gave way: ${why}`);
    }
  };
  sees('abc');
  assert.equal(node.state.kind, 'running');
  sees('a');
  assert.throws(() => node.assertRunning(), { code: 'not-running', message: /its side gave way: minority/ });
  sees('abc');
  await until(() => node.state.kind === 'running', 'it runs');
  assert.deepEqual(story.log.slice(-4), ['degraded', 'degraded', 'recover', 'running']);
  await node.close();
});
