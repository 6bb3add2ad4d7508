/**
 * Where the other members listen, by the latest news: what the configuration says of one when that changes, and
 * what one says itself when it connects. The second is for a member that has not heard of the newest configuration
 * yet and must answer its leader all the same; the first for everybody who was not spoken to. Before any news
 * there is what the node was told at its birth.
 */
import type { Address } from '../ports/index.ts';
import type { Configuration, MemberId } from '../raft/index.ts';
import { listMembers } from './member-cards.ts';

/** Addresses of strangers that are kept: of those who have just been removed, or are about to be added. */
const strangersMax = 64;

export class MemberDirectory {
  readonly #born: ReadonlyMap<MemberId, Address>;
  readonly #news = new Map<MemberId, Address>();
  /** What the configuration said last, so that only a change of it is news. */
  #configured = new Map<MemberId, Address>();

  constructor(born: ReadonlyMap<MemberId, Address>) {
    this.#born = born;
  }

  address(member: MemberId): Address | undefined {
    return this.#news.get(member) ?? this.#born.get(member);
  }

  /** A configuration is in force, or is again after a later one was rolled back. */
  configured(configuration: Configuration): void {
    const configured = new Map<MemberId, Address>();
    for (const { id, card } of listMembers(configuration)) {
      if (card === undefined) continue;
      configured.set(id, card.address);
      if (!isSameAddress(this.#configured.get(id), card.address)) this.#news.set(id, card.address);
    }
    this.#configured = configured;
  }

  /** A member says on a connection of its own where it listens. */
  heard(member: MemberId, address: Address): void {
    // Taken out first, so that the oldest stands in front.
    this.#news.delete(member);
    this.#news.set(member, address);
    let strangers = this.#news.size - this.#configured.size;
    for (const known of this.#news.keys()) {
      if (strangers <= strangersMax) return;
      if (this.#configured.has(known)) continue;
      this.#news.delete(known);
      strangers -= 1;
    }
  }
}

export function isSameAddress(one: Address | undefined, other: Address): boolean {
  return one?.host === other.host && one.port === other.port;
}
