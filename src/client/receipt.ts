/**
 * What a reply says about how it was served: which consistency was asked for and which was delivered, who
 * answered, how old the answer may be. Made only for who asks for it.
 */
import { assert } from '../base/index.ts';
import type { Reply } from '../mvcc/index.ts';
import type { Address, Clock } from '../ports/index.ts';
import type { Answerer } from './call-options.ts';

/**
 * - `strong`: everything that was acknowledged anywhere before the call is in the answer.
 * - `session`: everything that this store object has seen or written before is in it.
 * - `bounded`: everything that was acknowledged up to `staleMs` before the answer is in it.
 * - `stale`: what one node had.
 */
export type Consistency = 'strong' | 'session' | 'bounded' | 'stale';

export interface Receipt {
  /** Writes are always strong. */
  readonly asked: Consistency;
  /** Never less than asked. */
  readonly delivered: Consistency;
  /** The node that answered. */
  readonly node: Address;
  /** How many times the request was sent, or tried to be. */
  readonly tries: number;
  /** The store's revision in which it was answered. */
  readonly revision: number;
  /** Present where a bound was asked for: how old the answer may be. */
  readonly staleMs?: number;
  /** How long it took, all tries included. */
  readonly tookMs: number;
}

/** Hears the receipt before the call resolves. Nobody hears of a call that fails: its error says what is known. */
export interface ReceiptOption {
  readonly receipt?: (receipt: Receipt) => void;
}

export interface Delivery {
  readonly reply: Reply;
  readonly delivered: Consistency;
  readonly staleMs?: number;
}

/** Takes down what a receipt needs while the call is under way. */
export class ReceiptPad {
  readonly #asked: Consistency;
  readonly #clock: Clock;
  readonly #sinceMs: number;
  #by: Answerer | undefined;

  constructor(asked: Consistency, clock: Clock) {
    this.#asked = asked;
    this.#clock = clock;
    this.#sinceMs = clock.now();
  }

  /** To be given along with the call. */
  get call(): { readonly answered: (by: Answerer) => void } {
    return {
      answered: (by) => {
        this.#by = by;
      },
    };
  }

  write({ reply, delivered, staleMs }: Delivery): Receipt {
    const by = this.#by;
    assert(by !== undefined, 'a call that was answered was answered by someone');
    return {
      asked: this.#asked,
      delivered,
      node: by.address,
      tries: by.tries,
      revision: reply.revision,
      ...(staleMs === undefined ? {} : { staleMs }),
      tookMs: this.#clock.now() - this.#sinceMs,
    };
  }
}
