/**
 * The keys that a cluster shares. A ring seals with its first key and opens with any, so keys are exchanged without
 * a moment in which two members do not understand each other: the new key joins every ring at its end, then moves to
 * the front of every ring, then the old one is taken off. A packet names its key by a number that follows from the
 * key itself, so nobody has to agree on numbers.
 */
import { invalidOption } from '../base/index.ts';
import type { Cryptography } from '../ports/index.ts';

/** 32 random bytes, or the same as base64 text, such as `openssl rand -base64 32` prints. */
export type GossipKey = Uint8Array | string;

export interface RingKey {
  readonly number: number;
  readonly bytes: Uint8Array;
}

const keyBytes = 32;
const keysMax = 16;
const base64Form = /^[A-Za-z0-9+/]{43}=$/;

export class KeyRing {
  readonly #keys: readonly RingKey[];

  /** Refuses, without showing it, what is no key; and a key that is there twice, as somebody meant another one. */
  constructor(keys: readonly GossipKey[], cryptography: Pick<Cryptography, 'hmac'>) {
    if (!Array.isArray(keys) || keys.length === 0 || keys.length > keysMax) {
      const shown = Array.isArray(keys) ? `${keys.length} keys` : `a ${typeof keys}`;
      throw invalidOption('keys', shown, `'none', or a list of 1 to ${keysMax} keys`);
    }
    this.#keys = keys.map((key, place) => {
      const bytes = keyOf(key, place);
      return { bytes, number: numberOf(bytes, cryptography) };
    });
    const twice = this.#keys.findIndex(({ number }, place) =>
      this.#keys.slice(0, place).some((other) => other.number === number),
    );
    if (twice >= 0) throw invalidOption(`keys[${twice}]`, 'a key', 'one that is not in the list already');
  }

  /** What this member seals with. */
  get first(): RingKey {
    return this.#keys[0] as RingKey;
  }

  withNumber(number: number): RingKey | undefined {
    return this.#keys.find((key) => key.number === number);
  }
}

function keyOf(key: GossipKey, place: number): Uint8Array {
  if (key instanceof Uint8Array && key.length === keyBytes) return key.slice();
  if (typeof key === 'string' && base64Form.test(key)) {
    return Uint8Array.from(atob(key), (character) => character.charCodeAt(0));
  }
  const shown = key instanceof Uint8Array ? `${key.length} bytes` : `a ${typeof key}`;
  throw invalidOption(`keys[${place}]`, shown, `${keyBytes} bytes, or base64 text of so many`);
}

const numberPurpose = new TextEncoder().encode('quorate gossip: number of a key');

/** Tells keys apart and nothing of the key. */
function numberOf(key: Uint8Array, cryptography: Pick<Cryptography, 'hmac'>): number {
  const [first = 0, second = 0, third = 0, fourth = 0] = cryptography.hmac(key, numberPurpose);
  return (first | (second << 8) | (third << 16) | (fourth << 24)) >>> 0;
}
