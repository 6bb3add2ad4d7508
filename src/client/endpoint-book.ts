/**
 * Where a client finds its cluster: the addresses that it was given, and those of the present members, as nodes
 * of the cluster tell them. An endpoint is a place in this book, so that whoever holds one is not confused when the
 * members change. What was given stays for ever, to come back to when nothing else answers; what was told is
 * asked only while the cluster says so, and is bounded.
 */
import { assert } from '../base/index.ts';
import type { MemberList } from '../net/index.ts';
import type { Address } from '../ports/index.ts';

/** Addresses beside those that were given; a cluster that says it has more is followed as far as this. */
const toldMax = 64;

/** Who could not be reached is not gone to on the word of others for so long. */
const avoidMs = 5_000;

export class EndpointBook {
  readonly #given: number;
  readonly #addresses: Address[];
  /** Places of those who are members now, as far as was told. */
  #members = new Set<number>();
  readonly #avoidedUntil = new Map<number, number>();
  #cluster = '';

  constructor(given: readonly Address[]) {
    this.#given = given.length;
    this.#addresses = [...given];
  }

  /** The cluster that is followed; empty before anything was told. */
  get cluster(): string {
    return this.#cluster;
  }

  /** The endpoints that may be asked, in the order of their places. */
  get current(): number[] {
    return this.#addresses.flatMap((_, place) => (this.#isCurrent(place) ? [place] : []));
  }

  address(endpoint: number): Address {
    const address = this.#addresses[endpoint];
    assert(address !== undefined, 'an endpoint is a place in the book');
    return address;
  }

  /** It was told by others, and not given. */
  isTold(endpoint: number): boolean {
    return endpoint >= this.#given;
  }

  /** The one to ask after this one. */
  next(endpoint: number): number {
    for (let place = endpoint + 1; place < this.#addresses.length; place += 1)
      if (this.#isCurrent(place)) return place;
    return 0;
  }

  /** Where an address stands that others name, if it is one of the cluster's and can be reached. */
  find({ host, port }: Address, now: number): number | undefined {
    const place = this.#placeOf({ host, port });
    if (place === undefined || !this.#isCurrent(place)) return undefined;
    return now < (this.#avoidedUntil.get(place) ?? 0) ? undefined : place;
  }

  /** It could not be reached. */
  avoid(endpoint: number, now: number): void {
    this.#avoidedUntil.set(endpoint, now + avoidMs);
  }

  /** Whoever listens there is not of this cluster. */
  strike(endpoint: number): void {
    this.#members.delete(endpoint);
  }

  /**
   * A node tells who belongs to its cluster. The first one decides which cluster that is; what nodes of another one
   * say is not for us. Returns the places that have another address now.
   */
  told({ cluster, members }: MemberList): number[] {
    if (this.#cluster !== '' && cluster !== this.#cluster) return [];
    this.#cluster = cluster;
    const addresses = members.flatMap(({ card }) => (card === undefined ? [] : [card.address]));
    const known = addresses.filter((address) => this.#placeOf(address) !== undefined);
    this.#members = new Set(known.flatMap((address) => this.#placeOf(address) ?? []));
    const changed: number[] = [];
    for (const address of addresses) {
      if (this.#placeOf(address) !== undefined) continue;
      const place = this.#freePlace();
      if (place === undefined) break;
      if (place < this.#addresses.length) changed.push(place);
      this.#addresses[place] = address;
      this.#avoidedUntil.delete(place);
      this.#members.add(place);
    }
    return changed;
  }

  #isCurrent(place: number): boolean {
    return place < this.#given || this.#members.has(place);
  }

  #freePlace(): number | undefined {
    for (let place = this.#given; place < this.#addresses.length; place += 1)
      if (!this.#members.has(place)) return place;
    return this.#addresses.length < this.#given + toldMax ? this.#addresses.length : undefined;
  }

  #placeOf({ host, port }: Address): number | undefined {
    const place = this.#addresses.findIndex((address) => address.host === host && address.port === port);
    return place < 0 ? undefined : place;
  }
}
