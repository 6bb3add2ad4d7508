/** The append messages on the way to one follower: a bound on their number and bytes, freed as they are acknowledged. */
import { Deque } from '../base/index.ts';

interface Sent {
  readonly last: number;
  readonly bytes: number;
}

export class Inflight {
  readonly #sent = new Deque<Sent>();
  readonly #messagesMax: number;
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(messagesMax: number, bytesMax: number) {
    this.#messagesMax = messagesMax;
    this.#bytesMax = bytesMax;
  }

  get isFull(): boolean {
    return this.#sent.size >= this.#messagesMax || this.#bytes >= this.#bytesMax;
  }

  get isEmpty(): boolean {
    return this.#sent.size === 0;
  }

  /** A message whose last entry has index `last` left. */
  add(last: number, bytes: number): void {
    this.#sent.pushBack({ last, bytes });
    this.#bytes += bytes;
  }

  /** Everything up to `match` arrived. */
  acknowledge(match: number): void {
    for (
      let first = this.#sent.front();
      first !== undefined && first.last <= match;
      first = this.#sent.front()
    ) {
      this.#sent.popFront();
      this.#bytes -= first.bytes;
    }
  }

  clear(): void {
    this.#sent.clear();
    this.#bytes = 0;
  }
}
