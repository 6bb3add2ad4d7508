/**
 * The last transaction that any connection of an engine has seen acknowledged. Every handshake shows it, so a server
 * that is behind what this program already knows turns it away; and a read that is answered from before it is asked
 * again elsewhere: a leader that was cut off and has not noticed cannot make this program go back in time.
 */
export class Seen {
  #zxid = 0;

  get zxid(): number {
    return this.#zxid;
  }

  saw(zxid: number): void {
    if (zxid > this.#zxid) this.#zxid = zxid;
  }
}
