/**
 * Refuses a packet that came before, as far back as a bounded memory reaches. A network doubles packets, and whoever
 * listens on the wire can send one again.
 *
 * Why the bound is enough. What an old packet says cannot take anything back: claims about a member are ordered by
 * its incarnation, which only the member raises, and by status; an accusation that is sent again names an incarnation
 * that its victim has left behind when it contradicted; an answer belongs to one question, whose number is drawn
 * anew; and a question is answered to where it came from and changes nobody's belief. The one thing left is a packet
 * of a member that has been forgotten since: it would be heard of once more, be asked, not answer, and be found dead.
 * The alternative, a time in each packet and a window around now, would keep members apart whose clocks differ, and a
 * wrong clock is one of the things that gossip has to survive.
 */
export class ReplayMemory {
  readonly #packetsMax: number;
  #present = new Set<number>();
  #past: ReadonlySet<number> = new Set();

  /** Reaches back at least so many packets, and at most twice as many. */
  constructor(packetsMax: number) {
    this.#packetsMax = packetsMax;
  }

  /**
   * True for a nonce that is new, and it is not new the next time. Only for packets that are proved: a stranger
   * could otherwise push out what is remembered.
   */
  isNew(nonce: Uint8Array): boolean {
    const mark = markOf(nonce);
    if (this.#present.has(mark) || this.#past.has(mark)) return false;
    if (this.#present.size >= this.#packetsMax) {
      this.#past = this.#present;
      this.#present = new Set();
    }
    this.#present.add(mark);
    return true;
  }
}

/** 48 of its random bits: a new packet is taken for one of sixteen thousand others once in seventeen thousand million times. */
function markOf(nonce: Uint8Array): number {
  let mark = 0;
  for (const byte of nonce.subarray(0, 6)) mark = mark * 256 + byte;
  return mark;
}
