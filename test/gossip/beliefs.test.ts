import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Prng } from '../../src/base/index.ts';
import type { Claim } from '../../src/gossip/claim.ts';
import { dead, healthy, left, Solo, suspect, telling } from './solo.ts';

/** What is believed of `a`, then what is heard, then what is believed. */
const rows: Readonly<Record<string, readonly [before: readonly Claim[], heard: Claim, after: string]>> = {
  'a newcomer is believed': [[], healthy('a'), 'HEALTHY@0'],
  'a suspicion stands': [[healthy('a')], suspect('a'), 'SUSPECT@0'],
  'a suspect does not become healthy in the same incarnation': [
    [healthy('a'), suspect('a')],
    healthy('a'),
    'SUSPECT@0',
  ],
  'a suspect contradicts with a higher one': [[healthy('a'), suspect('a')], healthy('a', 1), 'HEALTHY@1'],
  'an old suspicion says nothing of a later incarnation': [[healthy('a', 1)], suspect('a'), 'HEALTHY@1'],
  'the dead are not suspects': [[healthy('a'), dead('a')], suspect('a'), 'UNHEALTHY@0'],
  'somebody has seen a later life of the dead': [[healthy('a'), dead('a')], suspect('a', 1), 'SUSPECT@1'],
  'the dead do not live in the same incarnation': [[healthy('a'), dead('a')], healthy('a'), 'UNHEALTHY@0'],
  'the dead come back with a higher one': [[healthy('a'), dead('a')], healthy('a', 1), 'HEALTHY@1'],
  'who left is not dead': [[healthy('a'), left('a')], dead('a'), 'LEFT@0'],
  'who seemed dead had left': [[healthy('a'), dead('a')], left('a'), 'LEFT@0'],
  'an old goodbye says nothing of a later life': [[healthy('a', 3)], left('a', 2), 'HEALTHY@3'],
  'who left comes back with a higher one': [[healthy('a', 3), left('a', 3)], healthy('a', 4), 'HEALTHY@4'],
};

for (const [name, [before, heard, after]] of Object.entries(rows)) {
  test(name, () => {
    const solo = new Solo();
    for (const claim of [...before, heard]) solo.hear({ sender: 'b', claims: [claim] });
    assert.equal(solo.belief('a'), after);
  });
}

test('who is only spoken ill of is not a member', () => {
  const solo = new Solo();
  solo.hear({ sender: 'b', claims: [suspect('a'), dead('a', 1), left('a', 2)] });
  assert.equal(solo.belief('a'), undefined);
  assert.deepEqual(solo.kinds(), []);
});

test('all who have heard the same claims believe the same, in whatever order they came', () => {
  const claim = fc
    .tuple(fc.constantFrom(healthy, suspect, dead, left), fc.nat(3))
    .map(([make, incarnation]) => make('a', incarnation));
  fc.assert(
    fc.property(fc.array(claim, { minLength: 1, maxLength: 12 }), fc.integer(), (claims, seed) => {
      const [one, other] = [new Solo(), new Solo()];
      for (const solo of [one, other]) solo.meet('a', 'b');
      for (const told of claims) one.hear({ sender: 'b', claims: [told] });
      for (const told of new Prng(seed).shuffled(claims)) other.hear({ sender: 'b', claims: [told] });
      const worst = claims.toSorted((low, high) => weight(low) - weight(high)).at(-1);
      const expected = `${worst?.status}@${worst?.incarnation}`;
      assert.deepEqual([one.belief('a'), other.belief('a')], [expected, expected]);
    }),
  );
});

function weight({ incarnation, status }: Claim): number {
  return incarnation * 4 + ['HEALTHY', 'SUSPECT', 'UNHEALTHY', 'LEFT'].indexOf(status);
}

test('of suspicions that come before the words of the member itself only these are missing', () => {
  const solo = new Solo();
  solo.meet('a', 'b');
  solo.hear({ sender: 'b', claims: [suspect('a', 4)] });
  assert.equal(solo.belief('a'), 'SUSPECT@4');
  const content = { address: 'a.test:7946', metadata: Uint8Array.of(1, 2, 0x65, 0x75) };
  solo.hear({ sender: 'b', claims: [{ status: 'HEALTHY', id: 'a', incarnation: 4, content }] });
  assert.equal(solo.belief('a'), 'SUSPECT@4', 'which takes nothing back');
  assert.deepEqual(solo.swim.members.get('a')?.metadata, { zone: 'eu' });
});

test('what comes to be believed is told: who came, was suspected, contradicted, failed, returned and left', () => {
  const solo = new Solo();
  const story = [
    healthy('a'),
    suspect('a'),
    healthy('a', 1),
    dead('a', 1),
    healthy('a', 2),
    left('a', 2),
    left('a', 2),
  ];
  for (const claim of story) solo.hear({ sender: 'b', claims: [claim] });
  assert.deepEqual(solo.kinds(), ['joined', 'suspected', 'refuted', 'failed', 'returned', 'left']);
});

test('in a full exchange that a member is dead is one more suspicion, and no burial', () => {
  const solo = new Solo();
  solo.meet('a', 'b');
  solo.hear(telling('b', [dead('a')]));
  assert.equal(solo.belief('a'), 'SUSPECT@0');
  assert.deepEqual(solo.events[0]?.kind === 'suspected' && solo.events[0].accusers, ['b']);
});

test('an incarnation that nobody reaches honestly is refused, counted, and keeps nobody from being heard', () => {
  const solo = new Solo();
  solo.meet('a', 'b');
  for (const claim of [
    healthy('a', 2 ** 33),
    suspect('a', 2 ** 40),
    dead('a', 2 ** 52),
    healthy('c', 2 ** 41),
  ]) {
    assert.equal(solo.hear({ sender: 'b', claims: [claim] }).refused, 'far-incarnation');
  }
  assert.equal(solo.swim.status.refusals['far-incarnation'], 4);
  assert.equal(solo.belief('a'), 'HEALTHY@0');
  assert.equal(solo.belief('c'), undefined);
  solo.hear({ sender: 'b', claims: [healthy('a', 1)] });
  assert.equal(solo.belief('a'), 'HEALTHY@1');
});

test('of two processes with one id the one that was there stays; it is told once, and the dead make way', () => {
  const solo = new Solo();
  solo.meet('a', 'b');
  const other = healthy('a', 1, 'elsewhere:1');
  assert.equal(solo.hear({ sender: 'b', claims: [other] }).refused, 'conflict');
  solo.hear({ sender: 'b', claims: [other] });
  assert.deepEqual(solo.events, [
    { kind: 'conflict', id: 'a', address: 'a.test:7946', otherAddress: 'elsewhere:1' },
  ]);
  assert.equal(solo.belief('a'), 'HEALTHY@0');
  solo.hear({ sender: 'b', claims: [dead('a'), other] });
  assert.equal(solo.belief('a'), 'HEALTHY@1', 'it was moved to another place');
  assert.equal(solo.swim.members.get('a')?.address, 'elsewhere:1');
});

test('metadata that is none, or too much, is refused with its claim', () => {
  const solo = new Solo();
  const claim = (metadata: Uint8Array): Claim => {
    const content = { address: 'a.test:7946', metadata };
    return { status: 'HEALTHY', id: 'a', incarnation: 0, content };
  };
  assert.equal(solo.hear({ sender: 'b', claims: [claim(Uint8Array.of(255))] }).refused, 'malformed');
  assert.equal(solo.hear({ sender: 'b', claims: [claim(new Uint8Array(600))] }).refused, 'oversized');
  assert.equal(solo.belief('a'), undefined);
});

test('where there is no room the longest dead makes it, and the living stay', () => {
  const solo = new Solo({ options: { membersMax: 4 } });
  solo.meet('a', 'b', 'c');
  assert.equal(solo.hear({ sender: 'b', claims: [healthy('d')] }).refused, 'too-many-members');
  solo.nowMs = 1;
  solo.hear({ sender: 'b', claims: [dead('c')] });
  solo.nowMs = 2;
  solo.hear({ sender: 'b', claims: [dead('a'), healthy('d')] });
  assert.deepEqual([...solo.swim.members.keys()], ['me', 'a', 'b', 'd']);
  assert.equal(solo.kinds().at(-2), 'forgotten');
});

test('the dead are forgotten after their time, and not learnt again from those who remember', () => {
  const solo = new Solo({ options: { forgetAfter: '10m', revivePeriod: '1h' } });
  solo.meet('a', 'b');
  solo.hear({ sender: 'b', claims: [dead('a')] });
  solo.liveAmongAnswering(599_999);
  assert.equal(solo.belief('a'), 'UNHEALTHY@0');
  solo.liveAmongAnswering(600_000);
  assert.equal(solo.belief('a'), undefined);
  solo.hear(telling('b', [dead('a')]));
  assert.equal(solo.belief('a'), undefined);
});

test('of strangers that are dead or have left nothing is believed, and verdicts are told', () => {
  const solo = new Solo();
  solo.meet('a', 'b');
  const strangers = [
    { id: 'x', status: 'UNHEALTHY' },
    { id: 'y', status: 'LEFT' },
  ];
  const claims = [dead('x'), left('y'), suspect('z'), dead('b')];
  assert.deepEqual(solo.hear(telling('a', claims)).strangers, strangers);
  assert.deepEqual(solo.hear({ sender: 'a', claims }).strangers, strangers, 'as news, and again');
  assert.equal(solo.hear({ sender: 'a' }).strangers, undefined);
  for (const id of 'xyz') assert.equal(solo.belief(id), undefined);
});
