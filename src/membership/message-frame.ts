/**
 * One message on a connection of its own: four bytes of length, then as many of a packet, then the end. A message
 * begins and ends with its connection, so there is nothing to keep in step, and nobody who sends rubbish gets more
 * than the memory that one message may have.
 */

const lengthBytes = 4;

export function framed(packet: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(lengthBytes + packet.length);
  for (let place = 0; place < lengthBytes; place += 1) bytes[place] = packet.length >>> (8 * place);
  bytes.set(packet, lengthBytes);
  return bytes;
}

/** Gathers one message from the pieces in which it comes. */
export class MessageGatherer {
  readonly #packetBytesMax: number;
  readonly #length = new Uint8Array(lengthBytes);
  #lengthGiven = 0;
  #packet: Uint8Array | undefined;
  #given = 0;

  constructor(packetBytesMax: number) {
    this.#packetBytesMax = packetBytesMax;
  }

  /** The whole packet with its last byte, `more` before; a word for what cannot become one. Copies what it keeps. */
  take(piece: Uint8Array): Uint8Array | 'more' | 'oversized' | 'malformed' {
    const head = Math.min(lengthBytes - this.#lengthGiven, piece.length);
    this.#length.set(piece.subarray(0, head), this.#lengthGiven);
    this.#lengthGiven += head;
    if (this.#lengthGiven < lengthBytes) return 'more';
    const [first = 0, second = 0, third = 0, fourth = 0] = this.#length;
    const length = (first | (second << 8) | (third << 16) | (fourth << 24)) >>> 0;
    if (length > this.#packetBytesMax) return 'oversized';
    this.#packet ??= new Uint8Array(length);
    const rest = piece.subarray(head);
    if (rest.length > length - this.#given) return 'malformed';
    this.#packet.set(rest, this.#given);
    this.#given += rest.length;
    return this.#given < length ? 'more' : this.#packet;
  }
}
