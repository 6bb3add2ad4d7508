import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message } from '../../../src/raft/index.ts';
import { InvariantBroken, Monitor } from '../../../src/sim/cluster/monitor.ts';

const leads = { kind: 'role-changed', role: 'leader', term: 5, reason: 'won the election' } as const;
const vote = {
  kind: 'vote-reply',
  group: 0,
  from: 1,
  to: 2,
  term: 5,
  preVote: false,
  granted: true,
} as const satisfies Message;

test('two leaders of one term stop the world, across restarts too', () => {
  const monitor = new Monitor();
  monitor.event(1, leads);
  monitor.event(2, { ...leads, term: 6 });
  assert.throws(() => monitor.event(2, leads), InvariantBroken);
});

test('a second vote in one term stops the world; the same vote again, a refusal or a pre-vote does not', () => {
  const monitor = new Monitor();
  monitor.sent(vote);
  monitor.sent(vote);
  monitor.sent({ ...vote, to: 3, granted: false });
  monitor.sent({ ...vote, to: 3, preVote: true });
  monitor.sent({ ...vote, to: 3, term: 6 });
  assert.throws(() => monitor.sent({ ...vote, to: 3 }), InvariantBroken);
});

test('two members that hold different states at one index stop the world', () => {
  const monitor = new Monitor();
  monitor.reached(1, 10, 77);
  monitor.reached(2, 10, 77);
  assert.equal(monitor.appliedMax, 10);
  assert.throws(() => monitor.reached(3, 10, 78), InvariantBroken);
});
