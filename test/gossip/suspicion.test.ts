import assert from 'node:assert/strict';
import { test } from 'node:test';
import { swimSettings } from '../../src/gossip/index.ts';
import { suspicionLengthMs, suspicionTimes } from '../../src/gossip/suspicion-times.ts';
import { dead, healthy, Solo, suspect } from './solo.ts';

test('the time to contradict grows with the logarithm of the cluster and shrinks with that of the accusers', () => {
  const settings = swimSettings();
  const lengths = [3, 5, 50, 500].map((members) => {
    const times = suspicionTimes(members, settings);
    return [0, 1, 2, 9].map((confirmed) => Math.round(suspicionLengthMs(times, confirmed)));
  });
  assert.deepEqual(lengths, [
    // Nobody is left who could confirm.
    [6_000, 6_000, 6_000, 6_000],
    [24_000, 12_643, 6_000, 6_000],
    [40_775, 21_481, 10_194, 10_194],
    [64_775, 34_124, 16_194, 16_194],
  ]);
});

function withSuspect(...accusers: readonly string[]): Solo {
  const solo = new Solo({ options: { exchangePeriod: '1h', revivePeriod: '1h' } });
  solo.meet('a', 'b', 'c', 'd');
  for (const accuser of accusers) solo.hear({ sender: 'b', claims: [suspect('a', 0, accuser)] });
  return solo;
}

/** When the suspect is buried, while all others answer and it does not. */
function burialMs(solo: Solo): number {
  while (solo.belief('a') === 'SUSPECT@0') solo.liveAmongAnswering(solo.nowMs + 50, ['a']);
  assert.equal(solo.belief('a'), 'UNHEALTHY@0');
  return solo.nowMs;
}

test('who found it out for themselves make it shorter, each once; who only repeats it does not', () => {
  // This node finds it out too, a period or some later: so of three accusers two are from outside.
  assert.ok(burialMs(withSuspect('b', 'b', 'b', 'b')) > 10_000);
  assert.equal(burialMs(withSuspect('b', 'c', 'd')), 6_000);
  assert.equal(burialMs(withSuspect('b', 'c', 'd', 'e', 'f')), 6_000);
});

test('a confirmation never buries at once: the suspect has a period more, and is asked itself in it', () => {
  const solo = withSuspect('b');
  solo.liveAmongAnswering(7_900, ['a']);
  solo.hear({ sender: 'b', claims: [suspect('a', 0, 'c', 'd')] });
  assert.equal(solo.belief('a'), 'SUSPECT@0');
  const confirmedMs = solo.nowMs;
  let questions = 0;
  while (solo.belief('a') === 'SUSPECT@0') {
    solo.live(solo.nextTickMs);
    for (const { body, claims } of solo.drain('ping')) {
      if (body.target !== 'a' || body.sequence !== 0) continue;
      questions += 1;
      assert.equal(claims[0]?.status, 'SUSPECT');
    }
  }
  assert.equal(solo.nowMs, confirmedMs + 1_000);
  assert.equal(questions, 4);
});

test('a contradiction ends it, and the next suspicion begins anew', () => {
  const solo = withSuspect('b', 'c', 'd');
  solo.liveAmongAnswering(5_900, ['a']);
  solo.hear({ sender: 'a', incarnation: 1, claims: [healthy('a', 1)] });
  solo.hear({ sender: 'b', claims: [suspect('a', 1, 'b', 'c', 'd')] });
  solo.liveAmongAnswering(11_850, ['a']);
  assert.equal(solo.belief('a'), 'SUSPECT@1');
  solo.liveAmongAnswering(12_000, ['a']);
  assert.equal(solo.belief('a'), 'UNHEALTHY@1');
});

test('the time that a node has stood still itself is not counted, neither for suspects nor for probes', () => {
  const solo = withSuspect('b', 'c', 'd');
  solo.liveAmongAnswering(3_000, ['a']);
  solo.nowMs += 5_000;
  solo.take(solo.swim.stalled(5_000));
  solo.take(solo.swim.tick(solo.moment));
  assert.equal(solo.belief('a'), 'SUSPECT@0');
  assert.deepEqual(
    ['b', 'c', 'd'].map((id) => solo.belief(id)),
    ['HEALTHY@0', 'HEALTHY@0', 'HEALTHY@0'],
  );
  solo.liveAmongAnswering(10_900, ['a']);
  assert.equal(solo.belief('a'), 'SUSPECT@0');
  solo.liveAmongAnswering(11_000, ['a']);
  assert.equal(solo.belief('a'), 'UNHEALTHY@0');
});

test('that somebody was buried is told on with who accused it', () => {
  const solo = withSuspect('b', 'c', 'd');
  solo.sent = [];
  const burial = (): boolean =>
    solo.sent.some(({ claims }) => claims.some(({ id, status }) => id === 'a' && status === 'UNHEALTHY'));
  while (!burial() && solo.nowMs < 10_000) solo.live(solo.nowMs + 50);
  assert.ok(burial());
  assert.deepEqual(solo.events.at(-1)?.kind, 'failed');
  // Who heard of it elsewhere first does not tell it twice.
  solo.events.length = 0;
  solo.hear({ sender: 'b', claims: [dead('a')] });
  assert.deepEqual(solo.kinds(), []);
});
