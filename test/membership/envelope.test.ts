/** What a packet proves, and what every packet that does not is called. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Prng } from '../../src/base/index.ts';
import { Envelope, type EnvelopeOptions, envelopeBytes } from '../../src/membership/envelope.ts';
import type { Random } from '../../src/ports/index.ts';
import { realCryptography } from '../../src/ports/real/index.ts';
import { patterned, throwsWith } from '../ports/expectations.ts';

function seeded(seed: number): Random {
  const prng = new Prng(seed);
  return {
    uint32: () => prng.uint32(),
    fill: (into) => {
      for (let place = 0; place < into.length; place += 1) into[place] = prng.below(256);
    },
  };
}

const oldKey = patterned(32, 1);
const newKey = patterned(32, 2);
const message = patterned(300, 3);
let seeds = 0;

function envelope(options: Partial<EnvelopeOptions> = {}): Envelope {
  seeds += 1;
  return new Envelope({
    cluster: 'orders',
    keys: [oldKey],
    cryptography: realCryptography(),
    random: seeded(seeds),
    ...options,
  });
}

describe('a sealed packet', () => {
  test('opens for whoever has the key and the cluster, and shows nothing of the message', () => {
    const packet = envelope().close(message);
    assert.equal(packet.length, message.length + envelopeBytes);
    assert.equal(Buffer.from(packet).indexOf(Buffer.from(message.subarray(0, 8))), -1);
    assert.deepEqual(envelope().open(packet), message);
  });

  const refused: readonly (readonly [string, Partial<EnvelopeOptions>, string])[] = [
    ['of another key', { keys: [newKey] }, 'wrong-key'],
    ['of another cluster with the same key', { cluster: 'payments' }, 'wrong-cluster'],
    ['of another cluster without keys', { cluster: 'payments', keys: 'none' }, 'wrong-cluster'],
    ['without a seal', { keys: 'none' }, 'unsealed'],
  ];
  for (const [title, options, reason] of refused) {
    test(`${title} is refused as ${reason}`, () => {
      assert.equal(envelope().open(envelope(options).close(message)), reason);
    });
  }

  test('is refused where nobody has a key', () => {
    assert.equal(envelope({ keys: 'none' }).open(envelope().close(message)), 'wrong-key');
  });

  test('opens once', () => {
    const receiver = envelope();
    const packet = envelope().close(message);
    assert.deepEqual(receiver.open(packet), message);
    assert.equal(receiver.open(packet), 'replay');
  });

  test('does not open with any bit changed, the name of the cluster behind its checksum included', () => {
    const packet = envelope().close(message);
    for (let bit = 0; bit < packet.length * 8; bit += 1) {
      const damaged = packet.slice();
      damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
      assert.equal(typeof envelope().open(damaged), 'string', `bit ${bit}`);
    }
    // 'plumless' and 'buckeroo' have one checksum.
    const twin = envelope({ cluster: 'buckeroo' }).close(message);
    assert.equal(envelope({ cluster: 'plumless' }).open(twin), 'wrong-key');
  });

  test('never has the nonce of another', () => {
    const sender = envelope();
    const nonces = new Set(
      Array.from({ length: 2_000 }, () =>
        Buffer.from(sender.close(message).subarray(10, 22)).toString('hex'),
      ),
    );
    assert.equal(nonces.size, 2_000);
    assert.equal(sender.sealed, 2_000);
  });
});

test('keys are exchanged member by member, and no pair of members ever fails to understand each other', () => {
  const members = [envelope(), envelope(), envelope()];
  const everybodyUnderstands = (): void => {
    for (const sender of members) {
      for (const receiver of members) assert.deepEqual(receiver.open(sender.close(message)), message);
    }
  };
  for (const keys of [[oldKey, newKey], [newKey, oldKey], [newKey]]) {
    for (const member of members) {
      member.setKeys(keys);
      everybodyUnderstands();
    }
  }
  assert.equal(envelope().open((members[0] as Envelope).close(message)), 'wrong-key');
  assert.equal(members[0]?.sealed, 2 * 3 * 3 + 1, 'since the new key is the first, and the last packet');
});

test('unproved packets push nothing out of the memory of proved ones', () => {
  const receiver = envelope();
  const packet = envelope().close(message);
  assert.deepEqual(receiver.open(packet), message);
  const stranger = envelope({ keys: [newKey] });
  const forged = stranger.close(new Uint8Array(0));
  // The number of the right key, so that it is tried.
  forged.set(packet.subarray(6, 10), 6);
  for (let count = 0; count < 20_000; count += 1) {
    forged[12] = count;
    forged[13] = count >>> 8;
    assert.equal(receiver.open(forged), 'wrong-key');
  }
  assert.equal(receiver.open(packet), 'replay');
});

test('a plain packet, where nobody has keys, finds damage', () => {
  const sender = envelope({ keys: 'none' });
  const packet = sender.close(message);
  assert.deepEqual(envelope({ keys: 'none' }).open(packet), message);
  const damaged = packet.slice();
  damaged[100] = (damaged[100] as number) ^ 1;
  assert.equal(envelope({ keys: 'none' }).open(damaged), 'malformed');
  assert.equal(sender.sealed, 0);
});

test('whatever bytes come, an answer comes and no error', () => {
  const packet = envelope().close(message);
  const receivers = [envelope(), envelope({ keys: 'none' })];
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 80 }),
      fc.nat(packet.length),
      fc.constantFrom(...receivers),
      (bytes, kept, receiver) => {
        const grafted = new Uint8Array([...packet.subarray(0, kept), ...bytes]);
        assert.equal(typeof receiver.open(bytes), 'string');
        if (kept < packet.length || bytes.length > 0) assert.equal(typeof receiver.open(grafted), 'string');
      },
    ),
    { numRuns: 500 },
  );
});

describe('a ring of keys', () => {
  test('takes bytes and base64 text for the same', () => {
    const text = Buffer.from(oldKey).toString('base64');
    assert.deepEqual(envelope({ keys: [text] }).open(envelope().close(message)), message);
  });

  const unfit: readonly (readonly [string, readonly unknown[] | string, RegExp])[] = [
    ['no key', [], /'none', or a list of 1 to 16 keys/],
    ['a word', 'swordfish', /'none', or a list/],
    ['too short a key', [patterned(31)], /keys\[0\] is "31 bytes", but must be 32 bytes/],
    ['text that is no base64', [oldKey, 'swordfish'], /keys\[1\] is "a string"/],
    ['text of too few bytes', [Buffer.from(patterned(16)).toString('base64')], /keys\[0\]/],
    ['one key twice', [oldKey, newKey, oldKey], /keys\[2\] is "a key", but must be one that is not in/],
  ];
  for (const [title, keys, expected] of unfit) {
    test(`refuses ${title} and does not show it`, () => {
      const error = throwsWith('invalid-option', () => envelope({ keys: keys as EnvelopeOptions['keys'] }));
      assert.match(error.message, expected);
      assert.doesNotMatch(error.message, /swordfish/);
    });
  }
});
