/**
 * What a subscriber hears. Delivery is at most once: whatever was left out, because this side read too slowly,
 * the connection was slow, or there was none, stands as a gap at its place, so that nothing is missing in silence.
 */
import { Deque, QuorateError } from '../../base/index.ts';
import { closedError } from './refusals.ts';

export type SubscriptionItem =
  | { readonly kind: 'message'; readonly subject: string; readonly body: Uint8Array }
  /** So many messages are missing here; absent where the connection was lost, and nobody knows. */
  | { readonly kind: 'gap'; readonly missed?: number };

/** What may wait for its reader; beyond it messages are left out. */
export interface SubscriptionBounds {
  /** Default 1,024. */
  readonly messagesMax?: number;
  /** Default 4 MiB. */
  readonly bytesMax?: number;
}

interface SubscriptionOptions extends SubscriptionBounds {
  readonly pattern: string;
  /** Nothing is to come on it any more. */
  readonly onOver: (subscription: Subscription) => void;
}

interface Taker {
  resolve(result: IteratorResult<SubscriptionItem, undefined>): void;
  reject(reason: unknown): void;
}

interface Gap {
  readonly kind: 'gap';
  missed?: number;
}

const done: IteratorResult<SubscriptionItem, undefined> = { done: true, value: undefined };

export class Subscription implements AsyncIterable<SubscriptionItem>, AsyncDisposable {
  readonly pattern: string;
  /** Resolves when it is in force for the first time; rejects when it cannot be. */
  readonly #inForce = Promise.withResolvers<void>();
  readonly #onOver: (subscription: Subscription) => void;
  readonly #messagesMax: number;
  readonly #bytesMax: number;
  readonly #items = new Deque<Extract<SubscriptionItem, { kind: 'message' }> | Gap>();
  #bytes = 0;
  #taker: Taker | undefined;
  #wasInForce = false;
  #end: { readonly error: Error | undefined } | undefined;

  constructor({ pattern, onOver, messagesMax = 1024, bytesMax = 4 << 20 }: SubscriptionOptions) {
    this.pattern = pattern;
    this.#onOver = onOver;
    this.#messagesMax = messagesMax;
    this.#bytesMax = bytesMax;
    // Whoever subscribes waits for it with a deadline, and may be gone when it comes.
    this.#inForce.promise.catch(() => undefined);
  }

  get inForce(): Promise<void> {
    return this.#inForce.promise;
  }

  /** Nothing more is wanted: loops end. May be called twice. */
  close(): void {
    this.over(undefined);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  [Symbol.asyncIterator](): AsyncIterator<SubscriptionItem, undefined> {
    return {
      next: () => this.#next(),
      return: () => {
        this.close();
        return Promise.resolve(done);
      },
    };
  }

  /** It is in force; what was published before, since it was last, is missing. */
  confirmed(): void {
    if (this.#end !== undefined) return;
    if (this.#wasInForce) this.#gap(undefined);
    this.#wasInForce = true;
    this.#inForce.resolve();
  }

  received(subject: string, body: Uint8Array): void {
    if (this.#end !== undefined) return;
    const { size } = this.#items;
    if (size >= this.#messagesMax || (size > 0 && this.#bytes + body.length > this.#bytesMax)) {
      this.#gap(1);
      return;
    }
    this.#bytes += body.length;
    this.#put({ kind: 'message', subject, body });
  }

  missed(count: number): void {
    if (this.#end === undefined) this.#gap(count);
  }

  /** Nothing more will come: what is here may still be read. */
  over(error: Error | undefined): void {
    if (this.#end !== undefined) return;
    this.#end = { error };
    this.#onOver(this);
    this.#inForce.reject(error ?? closedError('the subscription', 'not-applied'));
    const taker = this.#taker;
    this.#taker = undefined;
    if (taker === undefined) return;
    if (error === undefined) taker.resolve(done);
    else taker.reject(error);
  }

  /** Gaps beside each other are one, so that they take no room. */
  #gap(count: number | undefined): void {
    const last = this.#items.back();
    if (last?.kind !== 'gap')
      this.#put(count === undefined ? { kind: 'gap' } : { kind: 'gap', missed: count });
    else if (count === undefined) delete last.missed;
    else if (last.missed !== undefined) last.missed += count;
  }

  #put(item: Extract<SubscriptionItem, { kind: 'message' }> | Gap): void {
    const taker = this.#taker;
    if (taker === undefined) {
      this.#items.pushBack(item);
      return;
    }
    this.#taker = undefined;
    if (item.kind === 'message') this.#bytes -= item.body.length;
    taker.resolve({ done: false, value: item });
  }

  #next(): Promise<IteratorResult<SubscriptionItem, undefined>> {
    const item = this.#items.popFront();
    if (item !== undefined) {
      if (item.kind === 'message') this.#bytes -= item.body.length;
      return Promise.resolve({ done: false, value: item });
    }
    if (this.#end !== undefined) {
      const { error } = this.#end;
      return error === undefined ? Promise.resolve(done) : Promise.reject(error);
    }
    if (this.#taker !== undefined) return Promise.reject(twoReaders());
    return new Promise((resolve, reject) => {
      this.#taker = { resolve, reject };
    });
  }
}

function twoReaders(): QuorateError<'in-use'> {
  return new QuorateError({
    code: 'in-use',
    message: 'this subscription is read by another loop; items go to one reader, so subscribe twice',
    data: { what: 'subscription', holder: 'another reader' },
  });
}
