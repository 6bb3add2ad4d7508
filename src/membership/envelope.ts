/**
 * What goes over the wire around a gossip message. Sealed, which is the rule: proved to come from a holder of a key
 * of the cluster, and hidden from everybody else.
 *
 *     'q' | form 1 | mark of the cluster, 4 bytes | number of the key, 4 | nonce, 12 | ciphertext and tag of 16
 *
 * The name of the cluster and all that stands before the nonce are proved along. The mark is a checksum of the name
 * and no secret; it is there so that a stranger's packet is told from a wrong key.
 *
 * A nonce is 96 random bits for each packet, so members need not agree on anything and a restart forgets nothing. Two
 * of them under one key would let an eavesdropper forge. After 2³² packets of all members under one key the odds of
 * that are 2⁻³³ (half the square of the packets over 2⁹⁶), and NIST SP 800-38D draws the line there: exchange the key
 * before. Members send a few packets a second, so that is years for ten members and a month for five hundred;
 * `sealed` counts.
 *
 * Plain, which has to be asked for: a checksum in place of the seal. It finds damage and keeps nobody out.
 *
 *     'q' | form 2 | mark of the cluster, 4 bytes | checksum, 4 | message
 */
import { crc32 } from '../base/index.ts';
import type { Cryptography, Random } from '../ports/index.ts';
import { type GossipKey, KeyRing } from './key-ring.ts';
import { ReplayMemory } from './replay-memory.ts';

/**
 * - `malformed`: too short, damaged, or of another program.
 * - `wrong-cluster`: of a cluster with another name.
 * - `wrong-key`: under a key that is not in the ring, or not sealed with the key that it names.
 * - `unsealed`: plain, where packets are sealed.
 * - `replay`: came before.
 */
export type EnvelopeFault = 'malformed' | 'wrong-cluster' | 'wrong-key' | 'unsealed' | 'replay';

export interface EnvelopeOptions {
  readonly cluster: string;
  readonly keys: readonly GossipKey[] | 'none';
  readonly cryptography: Cryptography;
  readonly random: Random;
}

const magic = 0x71;
const sealedForm = 1;
const plainForm = 2;
const headBytes = 10;
const nonceBytes = 12;
const tagBytes = 16;

/** What a packet is larger than its message at most. */
export const envelopeBytes: number = headBytes + nonceBytes + tagBytes;

/** What a cluster of a thousand members sends one of them in ten minutes. */
const replaysRemembered = 8_192;

export class Envelope {
  readonly #cluster: Uint8Array;
  readonly #mark: number;
  readonly #cryptography: Cryptography;
  readonly #random: Random;
  readonly #memory = new ReplayMemory(replaysRemembered);
  #ring: KeyRing | undefined;
  #sealed = 0;

  constructor({ cluster, keys, cryptography, random }: EnvelopeOptions) {
    this.#cluster = new TextEncoder().encode(cluster);
    this.#mark = crc32(this.#cluster);
    this.#cryptography = cryptography;
    this.#random = random;
    this.#ring = ringOf(keys, cryptography);
  }

  /** Packets that were sealed with the first key of the present ring. */
  get sealed(): number {
    return this.#sealed;
  }

  /** Takes another ring from the next packet on. */
  setKeys(keys: readonly GossipKey[] | 'none'): void {
    const ring = ringOf(keys, this.#cryptography);
    if (ring?.first.number !== this.#ring?.first.number) this.#sealed = 0;
    this.#ring = ring;
  }

  /** A packet around the message. */
  close(message: Uint8Array): Uint8Array {
    return this.#ring === undefined ? this.#plain(message) : this.#sealWith(this.#ring, message);
  }

  /** The message in a packet, or why there is none that can be believed. */
  open(packet: Uint8Array): Uint8Array | EnvelopeFault {
    if (packet.length < headBytes || packet[0] !== magic) return 'malformed';
    const form = packet[1];
    if (form !== sealedForm && form !== plainForm) return 'malformed';
    if (wordAt(packet, 2) !== this.#mark) return 'wrong-cluster';
    const ring = this.#ring;
    if (form === plainForm) return ring === undefined ? openPlain(packet) : 'unsealed';
    return ring === undefined ? 'wrong-key' : this.#openSealed(ring, packet);
  }

  #sealWith({ first }: KeyRing, message: Uint8Array): Uint8Array {
    const nonce = new Uint8Array(nonceBytes);
    this.#random.fill(nonce);
    const packet = new Uint8Array(envelopeBytes + message.length);
    this.#writeHead(packet, sealedForm, first.number);
    packet.set(nonce, headBytes);
    const associated = this.#associated(packet);
    const sealed = this.#cryptography.seal({ key: first.bytes, nonce, message, associated });
    packet.set(sealed, headBytes + nonceBytes);
    this.#sealed += 1;
    return packet;
  }

  #openSealed(ring: KeyRing, packet: Uint8Array): Uint8Array | EnvelopeFault {
    if (packet.length < envelopeBytes) return 'malformed';
    const key = ring.withNumber(wordAt(packet, 6));
    if (key === undefined) return 'wrong-key';
    const nonce = packet.subarray(headBytes, headBytes + nonceBytes);
    const sealed = packet.subarray(headBytes + nonceBytes);
    const associated = this.#associated(packet);
    const message = this.#cryptography.open({ key: key.bytes, nonce, sealed, associated });
    if (message === undefined) return 'wrong-key';
    return this.#memory.isNew(nonce) ? message : 'replay';
  }

  #plain(message: Uint8Array): Uint8Array {
    const packet = new Uint8Array(headBytes + message.length);
    this.#writeHead(packet, plainForm, crc32(message));
    packet.set(message, headBytes);
    return packet;
  }

  #writeHead(packet: Uint8Array, form: number, word: number): void {
    packet[0] = magic;
    packet[1] = form;
    putWord(packet, 2, this.#mark);
    putWord(packet, 6, word);
  }

  /** The head of the packet, and behind it the whole name of the cluster, of which the head has only a checksum. */
  #associated(packet: Uint8Array): Uint8Array {
    const associated = new Uint8Array(headBytes + this.#cluster.length);
    associated.set(packet.subarray(0, headBytes));
    associated.set(this.#cluster, headBytes);
    return associated;
  }
}

function ringOf(keys: readonly GossipKey[] | 'none', cryptography: Cryptography): KeyRing | undefined {
  return keys === 'none' ? undefined : new KeyRing(keys, cryptography);
}

function openPlain(packet: Uint8Array): Uint8Array | 'malformed' {
  const message = packet.slice(headBytes);
  return crc32(message) === wordAt(packet, 6) ? message : 'malformed';
}

function wordAt(bytes: Uint8Array, at: number): number {
  const [first = 0, second = 0, third = 0, fourth = 0] = bytes.subarray(at, at + 4);
  return (first | (second << 8) | (third << 16) | (fourth << 24)) >>> 0;
}

function putWord(bytes: Uint8Array, at: number, word: number): void {
  for (let place = 0; place < 4; place += 1) bytes[at + place] = word >>> (8 * place);
}
