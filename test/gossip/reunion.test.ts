import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressOf, dead, healthy, left, Solo, suspect, telling } from './solo.ts';

test('a newcomer tells its seeds all, again until somebody answers, and not for ever faster', () => {
  const solo = new Solo({ options: { revivePeriod: '8s' } });
  solo.take(solo.swim.join(['seed.test:1', addressOf('me')], solo.moment));
  const first = solo.drain('exchange');
  assert.deepEqual(
    first.map(({ to, reliable, body }) => [to, reliable, body.wantsReply]),
    [['seed.test:1', true, true]],
  );
  solo.live(31_500);
  assert.equal(solo.drain('exchange').length, 6, 'after 1, 3, 7, 15, 23 and 31 seconds');
  solo.hear(telling('a', [healthy('a')]));
  solo.liveAmongAnswering(60_000);
  assert.equal(solo.drain('exchange').length, 0);
});

test('who is told all and asked for it tells all, in one message where that is enough', () => {
  const solo = new Solo();
  solo.meet('a', 'b', 'c', 'd');
  solo.hear({ sender: 'b', claims: [suspect('b', 0, 'a'), dead('c'), left('d')] });
  solo.sent = [];
  solo.hear(telling('a', [healthy('a')], true));
  const [reply, ...more] = solo.drain('exchange');
  assert.equal(more.length, 0);
  assert.deepEqual([reply?.to, reply?.body.wantsReply], [addressOf('a'), false]);
  assert.deepEqual(reply?.claims, [
    healthy('me'),
    healthy('a'),
    healthy('b'),
    suspect('b', 0, 'a'),
    { ...dead('c'), accusers: ['me'] },
    left('d'),
  ]);
});

test('a large view is told in messages of bounded size, and only the first asks for an answer', () => {
  const solo = new Solo({ options: { exchangeBytesMax: 2_048 } });
  const ids = Array.from({ length: 200 }, (_, number) => `member-${number}`);
  for (const id of ids) solo.meet(id);
  solo.take(solo.swim.join(['seed.test:1'], solo.moment));
  const parts = solo.drain('exchange');
  assert.ok(parts.length > 3);
  assert.deepEqual(
    parts.map(({ body }) => body.wantsReply),
    parts.map((_, place) => place === 0),
  );
  const told = parts.flatMap(({ claims }) => claims.map(({ id }) => id));
  assert.deepEqual(told, ['me', ...ids]);
});

test('who compares and agrees is not answered; who differs is told all and asked', () => {
  const [one, other] = [new Solo(), new Solo({ id: 'you', address: addressOf('you') })];
  one.meet('you', 'a', 'b');
  other.meet('b', 'me', 'a');
  const fingerprint = (solo: Solo): number => {
    while (true) {
      solo.liveAmongAnswering(solo.nextTickMs);
      const found = solo.everSent.find(({ body }) => body.kind === 'compare');
      if (found?.body.kind === 'compare') return found.body.fingerprint;
    }
  };
  const same = fingerprint(one);
  assert.equal(same, fingerprint(other), 'in whatever order they came');
  one.sent = [];
  const compare = { kind: 'compare', address: addressOf('you'), fingerprint: same } as const;
  one.hear({ sender: 'you', body: compare });
  assert.deepEqual(one.sent, []);
  one.hear({ sender: 'a', claims: [healthy('b', 1)] });
  one.hear({ sender: 'you', body: compare });
  const [exchange] = one.drain('exchange');
  assert.deepEqual([exchange?.to, exchange?.body.wantsReply], [addressOf('you'), true]);
  one.hear({ sender: 'a', claims: [dead('a')] });
  one.hear({ sender: 'you', body: compare });
  assert.equal(one.drain('exchange').length, 1);
});

test('now and then one of the dead is spoken to, or a seed that is no member; who left is not', () => {
  const solo = new Solo({ options: { exchangePeriod: '1h' } });
  solo.take(solo.swim.join([addressOf('a'), 'seed.test:1'], solo.moment));
  solo.meet('a', 'b', 'c', 'd');
  solo.hear({ sender: 'a', claims: [dead('b'), left('c')] });
  solo.everSent.length = 0;
  solo.liveAmongAnswering(300_000);
  const spoken = solo.everSent.filter(({ body }) => body.kind === 'compare').map(({ to }) => to);
  assert.ok(spoken.length >= 14 && spoken.length <= 28, `${spoken.length} times in 20 periods`);
  assert.deepEqual([...new Set(spoken)].sort(), ['b.test:7946', 'seed.test:1']);
});
