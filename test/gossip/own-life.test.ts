import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dead, healthy, left, Solo, suspect, telling } from './solo.ts';

test('a node that hears it is suspect contradicts with a higher incarnation, to who said so at once', () => {
  const solo = new Solo();
  solo.meet('a', 'b');
  solo.hear({ sender: 'a', claims: [suspect('me')] });
  assert.equal(solo.belief('me'), 'HEALTHY@1');
  const [answer] = solo.drain('gossip');
  assert.equal(answer?.to, 'a.test:7946');
  assert.deepEqual(answer.claims[0], healthy('me', 1));
  assert.deepEqual(solo.events, [{ kind: 'contradicted', status: 'SUSPECT', claimed: 0, incarnation: 1 }]);
});

test('a node that is pinged by one who takes it for dead contradicts in the answer', () => {
  const solo = new Solo();
  solo.meet('a');
  solo.hear({ sender: 'a', body: { kind: 'ping', sequence: 7, target: 'me' }, claims: [dead('me')] });
  const [ack, ...more] = solo.drain('ack');
  assert.equal(more.length, 0);
  assert.deepEqual(ack?.claims[0], healthy('me', 1));
  assert.equal(ack.incarnation, 1);
});

test('45 · a node that starts again below its earlier life goes above it at the first contact', () => {
  for (const earlier of [healthy('me', 7), suspect('me', 7), dead('me', 7), left('me', 7)]) {
    const solo = new Solo();
    solo.take(solo.swim.join(['a.test:7946'], solo.moment));
    solo.hear(telling('a', [healthy('a'), earlier]));
    assert.equal(solo.belief('me'), 'HEALTHY@8', earlier.status);
  }
});

test('45 · a node that knows another from an earlier life says so in its answer', () => {
  const solo = new Solo();
  solo.hear({ sender: 'b', claims: [healthy('a', 7)] });
  solo.drain('gossip');
  solo.hear({ sender: 'a', incarnation: 0, body: { kind: 'ping', sequence: 1, target: 'me' } });
  assert.deepEqual(solo.drain('ack')[0]?.claims[0], healthy('a', 7));
  solo.hear({ sender: 'a', incarnation: 0 });
  assert.deepEqual(solo.drain('gossip')[0]?.claims[0], healthy('a', 7));
});

test('a node that is known as it is has nothing to contradict', () => {
  const solo = new Solo({ incarnation: 3 });
  solo.hear({ sender: 'a', claims: [healthy('me', 3), healthy('me', 1)] });
  assert.equal(solo.belief('me'), 'HEALTHY@3');
  assert.deepEqual(solo.kinds(), []);
});

test('a node that begins with the incarnation of its earlier life and says something else goes above it', () => {
  const solo = new Solo({ metadata: { version: '2.0.0' } });
  solo.hear({ sender: 'a', claims: [healthy('me', 0)] });
  assert.equal(solo.belief('me'), 'HEALTHY@1');
});

test('whoever repeats an old suspicion is answered with what is true, and the incarnation stays', () => {
  const solo = new Solo({ incarnation: 5 });
  solo.meet('a');
  solo.hear({ sender: 'a', claims: [suspect('me', 4)] });
  assert.equal(solo.belief('me'), 'HEALTHY@5');
  assert.deepEqual(solo.drain('gossip')[0]?.claims[0], healthy('me', 5));
});

test('nobody pushes a node to the end of the numbers', () => {
  const solo = new Solo();
  solo.meet('a');
  for (const claimed of [2 ** 32 + 1, 2 ** 52, Number.MAX_SAFE_INTEGER]) {
    assert.equal(solo.hear({ sender: 'a', claims: [dead('me', claimed)] }).refused, 'far-incarnation');
  }
  assert.equal(solo.belief('me'), 'HEALTHY@0');
});

test('a second process with this id at another address is told once, and does not drive the incarnation', () => {
  const solo = new Solo();
  solo.meet('a');
  for (const incarnation of [0, 5, 6]) {
    const output = solo.hear({ sender: 'a', claims: [healthy('me', incarnation, 'elsewhere:1')] });
    assert.equal(output.refused, 'conflict');
  }
  assert.equal(solo.belief('me'), 'HEALTHY@0');
  assert.deepEqual(solo.events, [
    { kind: 'conflict', id: 'me', address: 'me.test:7946', otherAddress: 'elsewhere:1' },
  ]);
});

test('a packet from its own id is refused; one that tells another address is a conflict', () => {
  const solo = new Solo();
  assert.equal(solo.hear(telling('me', [healthy('me')])).refused, 'own-id');
  assert.deepEqual(solo.events, []);
  const letter = telling('me', []);
  const body = { kind: 'exchange', cluster: 'test', address: 'elsewhere:1', wantsReply: true } as const;
  assert.equal(solo.hear({ ...letter, body }).refused, 'own-id');
  assert.deepEqual(solo.kinds(), ['conflict']);
  assert.deepEqual(solo.sent, []);
});

test('a node says something else of itself, and all hear of it', () => {
  const solo = new Solo({ metadata: { zone: 'eu-1', load: 0.25 } });
  solo.meet('a');
  solo.take(solo.swim.setMetadata({ zone: 'eu-1', load: 0.5 }, solo.moment));
  assert.equal(solo.belief('me'), 'HEALTHY@1');
  solo.live(200);
  const claims = solo.drain('gossip').flatMap((one) => one.claims);
  assert.ok(claims.some((claim) => claim.id === 'me' && claim.incarnation === 1));
});

test('metadata that is too much or nonsense is refused where it is said', () => {
  const { swim, moment } = new Solo();
  assert.throws(() => swim.setMetadata({ zone: 'z'.repeat(600) }, moment), /at most 512 bytes/);
  assert.throws(() => swim.setMetadata({ load: Number.NaN }, moment), /metadata\.load/);
  assert.throws(() => swim.setMetadata({ zone: '\ud800' }, moment), /lone surrogates/);
  assert.equal(swim.self.incarnation, 0);
});

test('who leaves says so to the others, often enough, and is then done', () => {
  const solo = new Solo();
  solo.meet('a', 'b');
  solo.take(solo.swim.leave(solo.moment));
  assert.equal(solo.swim.status.phase, 'leaving');
  const told = solo.drain('gossip');
  assert.ok(told.length > 0 && told.every(({ claims }) => claims.some((claim) => claim.status === 'LEFT')));
  solo.live(10_000);
  assert.equal(solo.swim.status.phase, 'left');
  assert.equal(solo.nextTickMs, Number.POSITIVE_INFINITY);
  assert.equal(solo.hear({ sender: 'a' }).refused, 'not-running');
});

test('who leaves and has nobody to tell is done at once', () => {
  const solo = new Solo();
  solo.take(solo.swim.leave(solo.moment));
  assert.equal(solo.swim.status.phase, 'left');
});

test('who is taken for dead while it leaves does not come back to life over it', () => {
  const solo = new Solo();
  solo.meet('a', 'b');
  solo.take(solo.swim.leave(solo.moment));
  solo.hear({ sender: 'a', claims: [suspect('me', 0)] });
  assert.equal(solo.belief('me'), 'LEFT@0');
  solo.hear({ sender: 'a', claims: [dead('me', 4)] });
  assert.equal(solo.belief('me'), 'LEFT@5');
});

test('who is heard is told, for a detector; a stranger is no member and is not heard', () => {
  const solo = new Solo();
  assert.equal(solo.hear({ sender: 'a' }).heard, undefined);
  assert.equal(solo.hear({ sender: 'a', claims: [healthy('a')] }).heard, 'a');
  assert.equal(solo.hear({ sender: 'a' }).heard, 'a');
  assert.equal(solo.hear({ sender: 'b', claims: [dead('a')] }).heard, undefined);
  assert.equal(solo.hear({ sender: 'me' }).heard, undefined);
});
