import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  ByteWriter,
  type ErrorCode,
  errorCatalogue,
  isQuorateError,
  QuorateError,
} from '../../src/base/index.ts';
import {
  decodeReply,
  decodeRequest,
  encodeReply,
  encodeRequest,
  type Reply,
  type Request,
  type RequestKind,
  requestOverheadBytes,
} from '../../src/net/index.ts';
import { throwsWith } from '../ports/expectations.ts';

function requestBytes(request: Request): Uint8Array {
  const writer = new ByteWriter(8);
  encodeRequest(writer, request);
  return writer.copy();
}

function replyBytes(reply: Reply): Uint8Array {
  const writer = new ByteWriter(8);
  encodeReply(writer, reply);
  return writer.copy();
}

function errorIn(reply: Reply): QuorateError {
  assert.ok(!reply.ok);
  return reply.error;
}

const requests = fc.record<Request>(
  {
    id: fc.maxSafeNat(),
    kind: fc.constantFrom<RequestKind>('command', 'read', 'stale-read', 'bounded-read', 'status'),
    group: fc.nat(0xffff_ffff),
    body: fc.uint8Array({ maxLength: 100 }),
    remainingMs: fc.maxSafeNat(),
  },
  { noNullPrototype: true, requiredKeys: ['id', 'kind', 'group', 'body'] },
);

test('a request arrives as it was sent, and takes no more room beside its body than is promised', () => {
  fc.assert(
    fc.property(requests, (request) => {
      const bytes = requestBytes(request);
      assert.deepEqual(decodeRequest(bytes), request);
      assert.ok(bytes.length <= request.body.length + requestOverheadBytes);
    }),
  );
});

test('a request without a deadline is what it was before there were any', () => {
  const request = { id: 5, kind: 'read', group: 1, body: Uint8Array.of(7) } as const;
  assert.deepEqual(requestBytes(request), Uint8Array.of(5, 1, 1, 7));
  assert.deepEqual(requestBytes({ ...request, remainingMs: 2.1 }), Uint8Array.of(5, 0x81, 1, 3, 7));
  assert.deepEqual(requestBytes({ ...request, remainingMs: -4 }), Uint8Array.of(5, 0x81, 1, 0, 7));
});

test('a reply arrives as it was sent', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.uint8Array({ maxLength: 100 }), (id, body) => {
      const bytes = replyBytes({ id, ok: true, body });
      assert.deepEqual(decodeReply(bytes), { id, ok: true, body });
      assert.ok(bytes.length <= body.length + requestOverheadBytes);
    }),
  );
});

test('every error of the catalogue survives the trip with its data, its outcome and whether to try again', () => {
  for (const code of Object.keys(errorCatalogue) as ErrorCode[]) {
    for (const outcome of ['unknown', 'not-applied'] as const) {
      const sent = new QuorateError<ErrorCode>({
        code,
        message: `${code} has happened: “ö”`,
        data: { group: 3, reason: 'because' },
        outcome,
        retryable: outcome === 'unknown',
      });
      const seen = errorIn(decodeReply(replyBytes({ id: 7, ok: false, error: sent })));
      assert.deepEqual({ ...seen, message: seen.message }, { ...sent, message: sent.message });
      assert.ok(seen instanceof QuorateError);
    }
  }
});

test('an error whose data has no text form still arrives', () => {
  const ring: { self?: unknown } = {};
  ring.self = ring;
  const values: readonly unknown[] = [10n, ring, undefined, () => 1, { toJSON: () => assert.fail('no') }];
  for (const value of values) {
    const error = new QuorateError({
      code: 'invalid-option',
      message: 'an option is wrong',
      data: { option: 'o', value, expected: 'something else' },
    });
    const seen = errorIn(decodeReply(replyBytes({ id: 1, ok: false, error })));
    assert.equal(seen.code, 'invalid-option');
    assert.equal(seen.message, 'an option is wrong');
    if (value === 10n) assert.deepEqual(seen.data, { option: 'o', value: '10', expected: 'something else' });
  }
});

test('an error that would fill a frame is cut to what people read', () => {
  const value = 'x'.repeat(10_000_000);
  const error = new QuorateError({
    code: 'invalid-option',
    message: value,
    data: { option: 'o', value, expected: '' },
  });
  const bytes = replyBytes({ id: 1, ok: false, error });
  assert.ok(bytes.length < 70_000, `${bytes.length} bytes`);
  assert.equal(errorIn(decodeReply(bytes)).code, 'invalid-option');
});

function errorText(text: string): Uint8Array {
  const writer = new ByteWriter(8);
  writer.varint(1);
  writer.u8(1);
  writer.text(text);
  return writer.copy();
}

test('an older client shows the code of a newer node', () => {
  const text = '{"code":"moon-phase","message":"wait","data":{},"retryable":true,"outcome":"not-applied"}';
  const error = errorIn(decodeReply(errorText(text)));
  assert.equal(error.code as string, 'moon-phase');
  assert.equal(error.retryable, true);
  assert.equal(error.outcome, 'not-applied');
});

test('a text that is no error of ours is refused, whatever it claims', () => {
  const whole = { code: 'closed', message: 'm', data: {}, retryable: false, outcome: 'unknown' };
  const wrongs: readonly unknown[] = [
    null,
    7,
    [],
    { ...whole, code: 7 },
    { ...whole, code: 'No Code' },
    { ...whole, message: undefined },
    { ...whole, data: null },
    { ...whole, retryable: 'yes' },
    { ...whole, outcome: 'perhaps' },
  ];
  for (const wrong of wrongs)
    throwsWith('malformed-bytes', () => decodeReply(errorText(JSON.stringify(wrong))));
  throwsWith('malformed-bytes', () => decodeReply(errorText('{')));
  // The name of something that every object has is no error either, but it is shown as one and breaks nothing.
  const inherited = errorIn(decodeReply(errorText(JSON.stringify({ ...whole, code: 'constructor' }))));
  assert.equal(inherited.outcome, 'unknown');
});

test('a reply that is neither a body nor an error, or goes on behind one, is refused', () => {
  const writer = new ByteWriter(8);
  writer.varint(1);
  writer.u8(3);
  throwsWith('malformed-bytes', () => decodeReply(writer.copy()));
  const whole = '{"code":"closed","message":"m","data":{},"retryable":false,"outcome":"unknown"}';
  throwsWith('malformed-bytes', () => decodeReply(Uint8Array.of(...errorText(whole), 0)));
});

test('no bytes of a stranger do worse to either side than to be refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      for (const decode of [decodeRequest, decodeReply]) {
        try {
          decode(bytes);
        } catch (error) {
          assert.ok(isQuorateError(error), String(error));
        }
      }
    }),
    { numRuns: 500 },
  );
});
