/** What goes over the wire between programs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteWriter, QuorateError } from '../../src/base/index.ts';
import {
  decodePacket,
  encodeEvent,
  encodePacket,
  encodePublication,
  type Packet,
  packetOverheadBytes,
} from '../../src/net/messaging/packet.ts';
import { decodeTerms, encodeTerms, termsDefault } from '../../src/net/messaging/terms.ts';
import { throwsWith } from '../ports/expectations.ts';
import { packets } from './decoders.ts';

function encoded(packet: Packet): Uint8Array {
  const writer = new ByteWriter(8);
  encodePacket(writer, packet);
  return writer.copy();
}

/** Errors are compared by what travels. */
function plain(packet: Packet): unknown {
  if (!('error' in packet)) return packet;
  const { code, message, data, retryable, outcome } = packet.error;
  assert.ok(packet.error instanceof QuorateError);
  return { ...packet, error: { code, message, data, retryable, outcome } };
}

test('a packet of each kind arrives as it was sent, with no more beside its body than is promised', () => {
  for (const packet of packets()) {
    const bytes = encoded(packet);
    assert.deepEqual(plain(decodePacket(bytes)), plain(packet));
    if ('body' in packet && !('subject' in packet)) {
      const name = 'name' in packet ? packet.name.length : 0;
      assert.ok(bytes.length <= packet.body.length + name + packetOverheadBytes);
    }
  }
});

test('an event that was encoded once for all is the event that would be encoded for one', () => {
  const event = { kind: 'event', id: 77, subject: 'news.art', body: Uint8Array.of(1, 2) } as const;
  const writer = new ByteWriter(8);
  encodeEvent(writer, event.id, encodePublication(event.subject, event.body));
  assert.deepEqual(writer.copy(), encoded(event));
});

test('remaining time travels as whole milliseconds, and never as less than nothing', () => {
  const request = { kind: 'request', id: 1, name: 'e', body: new Uint8Array(0) } as const;
  for (const [given, told] of [
    [2.1, 3],
    [-4, 0],
  ]) {
    const packet = decodePacket(encoded({ ...request, remainingMs: given as number }));
    assert.equal(packet.kind === 'request' && packet.remainingMs, told);
  }
});

test('a piece of nothing, an unknown kind, and bytes behind the end are refused', () => {
  const piece = encoded({ kind: 'piece', id: 1, body: Uint8Array.of(1) });
  throwsWith('malformed-bytes', () => decodePacket(piece.subarray(0, -1)));
  throwsWith('malformed-bytes', () => decodePacket(Uint8Array.of(60, 1)));
  throwsWith('malformed-bytes', () => decodePacket(Uint8Array.of(...encoded({ kind: 'end', id: 1 }), 0)));
  // A deadline belongs to requests.
  const end = encoded({ kind: 'end', id: 1 });
  end[0] = (end[0] as number) | 0x80;
  throwsWith('malformed-bytes', () => decodePacket(end));
});

test('terms of a later release are understood as far as this one goes', () => {
  assert.deepEqual(decodeTerms(encodeTerms(termsDefault)), termsDefault);
  const later = { ...termsDefault, frameBytesMax: 2 ** 40 };
  assert.equal(decodeTerms(Uint8Array.of(...encodeTerms(later), 9, 9)).frameBytesMax, 64 << 20);
  throwsWith('malformed-bytes', () => decodeTerms(encodeTerms({ ...termsDefault, windowBytes: 3 })));
});
