/**
 * What one has who has joined a group. What lies in the group is the member's data behind a line with an identity
 * that is drawn anew with each joining, so that a member knows its own item from that of another under its name.
 */
import { linkSignals, QuorateError, watchfulSignal } from '../base/index.ts';
import type { CallOptions, Fence } from '../engines/port/index.ts';
import { withHead } from './head-line.ts';
import type { JsonCodec } from './json-codec.ts';
import type { OwnItem } from './own-item.ts';

export interface MembershipOptions<T> {
  readonly codec: JsonCodec<T>;
  readonly name: string;
  readonly id: string;
  readonly item: OwnItem;
}

export class Membership<T> implements AsyncDisposable {
  readonly #options: MembershipOptions<T>;
  readonly #over;

  constructor(options: MembershipOptions<T>) {
    this.#options = options;
    const { over } = options.item;
    this.#over = linkSignals(over);
    watchfulSignal(this.#over.signal, () => {
      if (over.aborted) this.#over.abort(over.reason);
    });
  }

  get name(): string {
    return this.#options.name;
  }

  /** Goes with a write that must not come from anybody who is a member no more. */
  get fence(): Fence {
    return this.#options.item.fence;
  }

  /** By the clock: false when the others may not see it any more. */
  get isMember(): boolean {
    return this.#options.item.isLive;
  }

  /** Aborts when it is over: before the server takes it off the list, and when it has left. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** Tells something else of itself. Rejects with `session-expired` when it is a member no more. */
  async update(data: T, call: CallOptions = {}): Promise<void> {
    const { codec, id, item } = this.#options;
    await item.change(withHead(id, await codec.encode(data, item.key)), call);
  }

  /** Settles when it is off the list, at the latest when its session is over. May be called twice. */
  async leave(): Promise<void> {
    const { item, name } = this.#options;
    this.#over.abort(
      new QuorateError({
        code: 'closed',
        message: `${name} has left ${item.key}; join again`,
        data: { what: item.key },
      }),
    );
    await item.remove();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.leave();
  }
}
