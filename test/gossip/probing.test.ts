import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeMetadata, type PacketBody } from '../../src/gossip/index.ts';
import { addressOf, healthy, Solo, suspect } from './solo.ts';

function acquainted(...ids: readonly string[]): Solo {
  const solo = new Solo({ options: { exchangePeriod: '1h', revivePeriod: '1h' } });
  solo.meet(...ids);
  return solo;
}

/** Lives until it asks the next member, and says whom. */
function nextProbe(solo: Solo): string {
  solo.drain('ping');
  while (true) {
    solo.live(solo.nextTickMs);
    const [ping] = solo.drain('ping');
    if (ping !== undefined) return ping.body.target;
  }
}

test('a ping is answered, with when it was heard; one for somebody else is not', () => {
  const solo = acquainted('a');
  solo.hear({ sender: 'a', body: { kind: 'ping', sequence: 9, target: 'me' } }, 'from.test:1');
  const [ack] = solo.drain('ack');
  assert.deepEqual(ack?.body, { kind: 'ack', sequence: 9, heardMs: 1_800_000_000_000 });
  assert.equal(ack.to, 'from.test:1');
  const output = solo.hear({ sender: 'a', body: { kind: 'ping', sequence: 9, target: 'you' } });
  assert.equal(output.refused, 'wrong-target');
  assert.deepEqual(solo.drain('ack'), []);
});

test('an answer is a heartbeat, and tells the time of the other', () => {
  const solo = acquainted('a');
  nextProbe(solo);
  solo.live(solo.nowMs);
  const sentMs = solo.nowMs;
  const ping = { sequence: sequenceOfNextPing(solo) };
  solo.nowMs += 30;
  const output = solo.hear({ sender: 'a', body: { kind: 'ack', ...ping, heardMs: 5_000.5 } });
  assert.equal(output.heard, 'a');
  assert.equal(output.answer?.id, 'a');
  assert.equal(output.answer.clock.heardMs, 5_000.5);
  assert.equal(output.answer.clock.answeredMs, 5_000.5);
  assert.equal(output.answer.clock.receivedMs - output.answer.clock.sentMs, output.answer.roundTripMs);
  assert.ok(solo.nowMs - sentMs >= output.answer.roundTripMs);
});

/** The probe asks again in the middle of its time. */
function sequenceOfNextPing(solo: Solo): number {
  while (true) {
    solo.live(solo.nextTickMs);
    const [ping] = solo.drain('ping');
    if (ping !== undefined) return ping.body.sequence;
  }
}

test('in each round everybody is asked once, in another order than before', () => {
  const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
  const solo = acquainted(...ids);
  const order: string[] = [];
  while (order.length < ids.length * 3) {
    solo.live(solo.nextTickMs);
    for (const { body, to } of solo.drain('ping')) {
      order.push(body.target);
      solo.hear({ sender: body.target, body: { kind: 'ack', sequence: body.sequence, heardMs: 1 } }, to);
    }
  }
  const rounds = [0, 1, 2].map((round) => order.slice(round * ids.length, (round + 1) * ids.length));
  for (const round of rounds) assert.deepEqual(round.toSorted(), ids);
  assert.notDeepEqual(rounds[0], rounds[1]);
  assert.notDeepEqual(rounds[1], rounds[2]);
});

test('who does not answer is asked again, then by way of others, and is suspect at the end of the period', () => {
  const solo = acquainted('a', 'b', 'c', 'd', 'e');
  const target = nextProbe(solo);
  const startMs = solo.nowMs;
  solo.live(startMs + 250);
  assert.deepEqual(
    solo.drain('ping').map(({ body }) => body.target),
    [target],
  );
  solo.live(startMs + 500);
  assert.deepEqual(
    solo.drain('ping').map(({ body }) => body.target),
    [target],
  );
  const asks = solo.drain('ask');
  assert.equal(new Set(asks.map(({ to }) => to)).size, 3);
  for (const { body, to } of asks) {
    assert.deepEqual([body.target, body.targetAddress], [target, addressOf(target)]);
    assert.notEqual(to, addressOf(target));
  }
  for (const ms of [625, 750, 875]) {
    solo.live(startMs + ms - 1);
    assert.deepEqual(solo.drain('ping'), []);
    solo.live(startMs + ms);
    assert.equal(solo.drain('ping')[0]?.body.target, target, 'and goes on asking while the others ask');
  }
  solo.live(startMs + 999);
  assert.equal(solo.belief(target), 'HEALTHY@0');
  solo.live(startMs + 1_000);
  assert.equal(solo.belief(target), 'SUSPECT@0');
  assert.deepEqual(solo.events[0]?.kind === 'suspected' && solo.events[0].accusers, ['me']);
});

test('an answer to any of the questions counts, also to the last', () => {
  for (const number of [0, 3, 5]) {
    const solo = acquainted('a', 'b', 'c', 'd', 'e');
    solo.drain('ping');
    const asked: number[] = [];
    const startMs = firstProbe(solo);
    solo.live(startMs + 990);
    let target = '';
    for (const { body } of solo.drain('ping')) {
      asked.push(body.sequence);
      target = body.target;
    }
    assert.equal(asked.length, 6);
    solo.hear({ sender: target, body: { kind: 'ack', sequence: asked[number] as number, heardMs: 1 } });
    solo.live(startMs + 1_000);
    assert.equal(solo.belief(target), 'HEALTHY@0');
  }
});

/** When the first member is asked; the question is left to be read. */
function firstProbe(solo: Solo): number {
  while (!solo.sent.some(({ body }) => body.kind === 'ping')) solo.live(solo.nextTickMs);
  return solo.nowMs;
}

test('an answer by way of another counts, one from a stranger does not', () => {
  const solo = acquainted('a', 'b', 'c', 'd', 'e');
  const target = nextProbe(solo);
  const startMs = solo.nowMs;
  solo.live(startMs + 500);
  const [ask] = solo.drain('ask');
  assert.ok(ask !== undefined);
  const ack: PacketBody = { kind: 'ack', sequence: ask.body.sequence, heardMs: 1 };
  assert.equal(solo.hear({ sender: 'stranger', body: ack }).refused, 'unasked');
  const relay = ask.to.slice(0, 1);
  const output = solo.hear({ sender: relay, body: ack });
  assert.equal(output.refused, undefined);
  assert.equal(output.answer, undefined, 'the time that it took says nothing of the member');
  solo.live(startMs + 1_000);
  assert.equal(solo.belief(target), 'HEALTHY@0');
});

test('who contradicts while the probe runs is not suspected by it', () => {
  const solo = acquainted('a', 'b');
  const target = nextProbe(solo);
  solo.hear({ sender: target === 'a' ? 'b' : 'a', claims: [healthy(target, 1)] });
  solo.live(solo.nowMs + 1_000);
  assert.equal(solo.belief(target), 'HEALTHY@1');
});

test('a suspect is told so by the ping to it, before all other news', () => {
  const solo = acquainted('a', 'b');
  solo.hear({ sender: 'b', claims: [suspect('a', 0, 'b'), healthy('z', 1), healthy('y', 1)] });
  solo.sent = [];
  while (nextProbeTo(solo) !== 'a') solo.sent = [];
  assert.deepEqual(solo.drain('ping')[0]?.claims[0], suspect('a', 0, 'b'));
});

function nextProbeTo(solo: Solo): string | undefined {
  solo.live(solo.nextTickMs);
  const ping = solo.sent.find(({ body }) => body.kind === 'ping');
  return ping?.body.kind === 'ping' ? ping.body.target : undefined;
}

test('who is asked to ask hands the answer on', () => {
  const solo = acquainted('a', 'b');
  const ask = { kind: 'ask', sequence: 77, target: 'b', targetAddress: 'b.test:7946' } as const;
  solo.hear({ sender: 'a', body: ask }, 'a.test:1');
  const [ping] = solo.drain('ping');
  assert.equal(ping?.to, 'b.test:7946');
  const { sequence } = ping.body;
  assert.equal(
    solo.hear({ sender: 'c', body: { kind: 'ack', sequence, heardMs: 3 } }).refused,
    'unasked',
    'by its own mouth only',
  );
  solo.hear({ sender: 'b', body: { kind: 'ack', sequence, heardMs: 3 } });
  const [ack] = solo.drain('ack');
  assert.deepEqual([ack?.to, ack?.body], ['a.test:1', { kind: 'ack', sequence: 77, heardMs: 3 }]);
  solo.live(solo.nowMs + 2_000);
  assert.deepEqual(solo.drain('nack'), []);
});

test('who is asked to ask and hears nothing says so in good time', () => {
  const solo = acquainted('a', 'b');
  solo.hear({ sender: 'a', body: { kind: 'ask', sequence: 77, target: 'b', targetAddress: 'b.test:7946' } });
  solo.live(299);
  assert.deepEqual(solo.drain('nack'), []);
  solo.live(300);
  assert.deepEqual(
    solo.drain('nack').map(({ to, body }) => [to, body.sequence]),
    [['a.test:7946', 77]],
  );
});

test('more is not asked for others at one time than there is room', () => {
  const solo = acquainted('a', 'b');
  const ask = (sequence: number): PacketBody => ({
    kind: 'ask',
    sequence,
    target: 'b',
    targetAddress: 'b.test:7946',
  });
  for (let sequence = 1; sequence <= 256; sequence += 1) solo.hear({ sender: 'a', body: ask(sequence) });
  assert.equal(solo.hear({ sender: 'a', body: ask(257) }).refused, 'too-many-relays');
  assert.equal(solo.drain('ping').length, 256);
  solo.live(1_000);
  assert.equal(solo.hear({ sender: 'a', body: ask(258) }).refused, undefined);
});

test('whose helpers say nothing doubts itself, and slows down; whose helpers say no does not', () => {
  for (const [says, factor] of [
    [false, 4],
    [true, 1],
  ] as const) {
    const solo = acquainted('a', 'b', 'c', 'd', 'e');
    nextProbe(solo);
    const startMs = solo.nowMs;
    solo.live(startMs + 500);
    for (const { to, body } of solo.drain('ask')) {
      if (says) solo.hear({ sender: to.slice(0, 1), body: { kind: 'nack', sequence: body.sequence } });
    }
    solo.live(startMs + 1_000);
    assert.equal(solo.swim.status.localHealth, factor);
    solo.drain('ping');
  }
});

test('a node that doubts itself recovers with each answer', () => {
  const solo = acquainted('a', 'b');
  solo.take(solo.swim.stalled(10));
  solo.take(solo.swim.stalled(10));
  assert.equal(solo.swim.status.localHealth, 3);
  solo.liveAmongAnswering(10_000);
  assert.equal(solo.swim.status.localHealth, 1);
});

test('a tick that comes late leaves those who are asked their time to answer', () => {
  const solo = acquainted('a', 'b', 'c', 'd', 'e');
  const target = nextProbe(solo);
  const startMs = solo.nowMs;
  solo.nowMs = startMs + 900;
  solo.take(solo.swim.tick(solo.moment));
  solo.live(startMs + 1_150);
  const asks = solo.drain('ask');
  assert.equal(asks.length, 3);
  solo.live(startMs + 1_649);
  assert.equal(solo.belief(target), 'HEALTHY@0');
  solo.live(startMs + 1_650);
  assert.equal(solo.belief(target), 'SUSPECT@0');
});

test('a node that stands still while it waits for helpers gives them the time back', () => {
  const solo = acquainted('a', 'b', 'c', 'd', 'e');
  const target = nextProbe(solo);
  const startMs = solo.nowMs;
  solo.live(startMs + 600);
  solo.nowMs += 5_000;
  solo.take(solo.swim.stalled(5_000));
  solo.take(solo.swim.tick(solo.moment));
  assert.equal(solo.belief(target), 'HEALTHY@0');
  solo.live(startMs + 5_999);
  assert.equal(solo.belief(target), 'HEALTHY@0');
  solo.live(startMs + 6_000);
  assert.equal(solo.belief(target), 'SUSPECT@0');
});

test('what must be known first and has no room in a datagram is left for the next one', () => {
  const long = (name: string, bytes: number): string => name.padEnd(bytes, '.');
  const metadata = { labels: { text: 'm'.repeat(500) } };
  const [id, address] = [long('me', 127), long('me', 255)];
  const solo = new Solo({ id, address, metadata });
  const sender = long('a', 127);
  const content = { address: long('a', 255), metadata: encodeMetadata(metadata) };
  solo.hear({ sender: 'b', claims: [{ status: 'HEALTHY', id: sender, incarnation: 7, content }] });
  const ping: PacketBody = { kind: 'ping', sequence: 1, target: id };
  solo.hear({ sender, body: ping, claims: [suspect(id)] });
  const [ack] = solo.drain('ack');
  assert.deepEqual(
    ack?.claims.map((claim) => claim.id),
    [id],
  );
});
