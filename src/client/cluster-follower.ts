/**
 * Keeps a client's book of endpoints true while its cluster grows, moves and shrinks: asks for the members on every
 * new connection, and now and then on one that is there, and goes where a node says that the leader is. What cannot
 * be learned is no failure: the book stays as it is.
 */
import { isQuorateError } from '../base/index.ts';
import { decodeMemberList } from '../net/index.ts';
import type { Address, Clock, Timer } from '../ports/index.ts';
import { EndpointBook } from './endpoint-book.ts';
import type { Link } from './link.ts';

export interface FollowerOptions {
  readonly clock: Clock;
  readonly endpoints: readonly Address[];
  /** False: only the given endpoints are used. */
  readonly isFollowing: boolean;
  /** These places have another address now: what leads to the old one is of no use. */
  readonly onMoved: (endpoints: readonly number[]) => void;
}

const refreshMs = 10_000;
const noBytes = new Uint8Array(0);

export class ClusterFollower {
  readonly book: EndpointBook;
  readonly #options: FollowerOptions;
  #latest: Link | undefined;
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.book = new EndpointBook(options.endpoints);
  }

  /** A connection is there. */
  linked(link: Link): void {
    if (!this.#options.isFollowing || this.#isClosed) return;
    this.#latest = link;
    this.#timer ??= this.#later();
    void this.#ask(link);
  }

  /** Where a refusal says that the leader is; `undefined` where it does not, or there is no way there. */
  leaderIn(error: unknown): number | undefined {
    if (!isQuorateError(error) || error.code !== 'not-leader' || error.data.address === undefined)
      return undefined;
    return this.book.find(error.data.address, this.#options.clock.now());
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  #later(): Timer {
    const look = (): void => {
      const link = this.#latest;
      if (link === undefined || link.isLost) {
        // The next connection begins anew.
        this.#timer = undefined;
        return;
      }
      this.#timer = this.#later();
      void this.#ask(link);
    };
    return this.#options.clock.setTimer(refreshMs, look, { background: true });
  }

  async #ask(link: Link): Promise<void> {
    try {
      const list = decodeMemberList(await link.request('members', 0, noBytes));
      if (!this.#isClosed) this.#options.onMoved(this.book.told(list));
    } catch (error) {
      // A node that is busy, or older than the question: what is known is good enough to go on.
      if (!isQuorateError(error)) throw error;
    }
  }
}
