import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteWriter } from '../../src/base/index.ts';
import { Broadcasts } from '../../src/gossip/broadcasts.ts';
import { dead, healthy, Solo } from './solo.ts';

const piece = (byte: number, length = 10): Uint8Array => new Uint8Array(length).fill(byte);

/** The pieces of one packet, each told by its byte. */
function filled(broadcasts: Broadcasts, bytesMax: number, limit: number): number[] {
  const writer = new ByteWriter();
  broadcasts.fill(writer, bytesMax, limit);
  assert.ok(writer.length <= bytesMax);
  return [...new Set(writer.bytes())];
}

test('what was sent least goes first, and each piece once in a packet', () => {
  const broadcasts = new Broadcasts();
  broadcasts.put('a', piece(1));
  broadcasts.put('b', piece(2));
  assert.deepEqual(filled(broadcasts, 10, 9), [1]);
  assert.deepEqual(filled(broadcasts, 10, 9), [2]);
  broadcasts.put('c', piece(3));
  assert.deepEqual(filled(broadcasts, 20, 9), [3, 1]);
  assert.deepEqual(filled(broadcasts, 100, 9), [2, 3, 1]);
});

test('a piece is sent so many times and then no more', () => {
  const broadcasts = new Broadcasts();
  broadcasts.put('a', piece(1));
  for (let time = 0; time < 3; time += 1) assert.deepEqual(filled(broadcasts, 100, 3), [1]);
  assert.deepEqual(filled(broadcasts, 100, 3), []);
  assert.equal(broadcasts.size, 0);
});

test('what is said anew of a member replaces what was to be said, and begins to count again', () => {
  const broadcasts = new Broadcasts();
  broadcasts.put('a', piece(1));
  filled(broadcasts, 100, 3);
  broadcasts.put('a', piece(2));
  assert.equal(broadcasts.size, 1);
  for (let time = 0; time < 3; time += 1) assert.deepEqual(filled(broadcasts, 100, 3), [2]);
  assert.equal(broadcasts.size, 0);
});

test('a piece that does not fit lets a smaller one go, and is not forgotten', () => {
  const broadcasts = new Broadcasts();
  broadcasts.put('a', piece(1, 50));
  broadcasts.put('b', piece(2, 10));
  assert.deepEqual(filled(broadcasts, 20, 9), [2]);
  assert.deepEqual(filled(broadcasts, 50, 9), [1]);
});

test('a thousand pieces of news are each sent as often as they should and no more; then it is quiet', () => {
  const solo = new Solo({ options: { exchangePeriod: '1h', revivePeriod: '1h' } });
  solo.meet('a', 'b', 'c', 'd', 'e');
  for (let number = 0; number < 1_000; number += 1) {
    solo.hear({ sender: 'a', claims: [healthy(`m${number}`), dead(`m${number}`)] });
  }
  assert.equal(solo.swim.status.broadcasts, 1_006);
  solo.everSent.length = 0;
  solo.liveAmongAnswering(120_000);
  const times = new Map<string, number>();
  for (const { id } of solo.everSent.flatMap(({ claims }) => claims)) {
    times.set(id, (times.get(id) ?? 0) + 1);
  }
  assert.deepEqual([...new Set(times.values())], [6], 'six times the order of magnitude of six members');
  assert.equal(times.size, 1_006);
  solo.everSent.length = 0;
  solo.liveAmongAnswering(130_000);
  assert.ok(solo.everSent.every(({ body, claims }) => body.kind === 'ping' && claims.length === 0));
});
