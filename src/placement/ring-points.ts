/**
 * The points of a ring in their order around the circle. Those of a node follow from its id alone, so another set of
 * nodes has the points of this one but for those of who left, and with those of who came: they are merged in, in one
 * pass and without sorting anew what is in order already.
 */
import { assert } from '../base/index.ts';
import { hashOf, mixed } from './murmur3.ts';
import type { CheckedNode } from './placement.ts';

/** Of one node: those numbered from `from` up to `until`, which is not among them. */
interface Span {
  readonly id: string;
  readonly place: number;
  readonly from: number;
  readonly until: number;
}

interface Points {
  /** Ascending. */
  readonly positions: Uint32Array;
  /** Whose each is, by the place of the node; of two at one position the lesser is first. */
  readonly places: Uint16Array;
}

const otherSeed = 0x9747_b28c;
/** Digits by which points are sorted: three times 11 bits are more than 32. */
const digitBits = 11;
const digits = 2 ** digitBits;
/** Places are in 16 bits. */
const placesMax = 0x1_0000;

export class RingPoints {
  readonly positions: Uint32Array;
  readonly places: Uint16Array;
  readonly #nodes: readonly CheckedNode[];
  readonly #counts: readonly number[];

  /** `nodes` in the order of their ids, and how many points each has. With `former` only what differs is computed. */
  constructor(nodes: readonly CheckedNode[], counts: readonly number[], former?: RingPoints) {
    this.#nodes = nodes;
    this.#counts = counts;
    const { positions, places } =
      former === undefined
        ? sorted(nodes.map((node, place) => spanOf(node, place, 0, counts[place])))
        : this.#after(former);
    this.positions = positions;
    this.places = places;
  }

  #after(former: RingPoints): Points {
    const removed: Span[] = [];
    const added: Span[] = [];
    const renumbered = new Uint16Array(former.#nodes.length);
    let old = 0;
    for (const [place, node] of this.#nodes.entries()) {
      while ((former.#nodes[old]?.id ?? node.id) < node.id) {
        removed.push(former.#span(old, 0));
        old += 1;
      }
      const count = this.#counts[place] as number;
      const isKnown = former.#nodes[old]?.id === node.id;
      const before = isKnown ? (former.#counts[old] as number) : 0;
      if (count > before) added.push(this.#span(place, before));
      if (!isKnown) continue;
      if (count < before) removed.push(former.#span(old, count));
      renumbered[old] = place;
      old += 1;
    }
    for (; old < former.#nodes.length; old += 1) removed.push(former.#span(old, 0));
    return merged(former, sorted(removed), sorted(added), renumbered);
  }

  #span(place: number, from: number): Span {
    return spanOf(this.#nodes[place] as CheckedNode, place, from, this.#counts[place]);
  }
}

function spanOf({ id }: CheckedNode, place: number, from: number, until: number | undefined): Span {
  assert(until !== undefined && from < until, 'a span has points');
  return { id, place, from, until };
}

/** `spans` in the order of their places. */
function sorted(spans: readonly Span[]): Points {
  const total = spans.reduce((sum, { from, until }) => sum + until - from, 0);
  const positions = new Uint32Array(total);
  const places = new Uint16Array(total);
  let at = 0;
  for (const { id, place, from, until } of spans) {
    const seed = hashOf(id);
    const other = hashOf(id, otherSeed);
    for (let number = from; number < until; number += 1) {
      positions[at] = mixed(mixed(seed + Math.imul(number, 0x9e37_79b9)) ^ (other + number));
      places[at] = place;
      at += 1;
    }
  }
  let points: Points = { positions, places };
  for (let shift = 0; shift < 32; shift += digitBits) points = sortedByDigit(points, shift);
  return points;
}

/** Those with one digit stay in the order in which they are. */
function sortedByDigit({ positions, places }: Points, shift: number): Points {
  const { length } = positions;
  const next = new Uint32Array(digits + 1);
  for (let at = 0; at < length; at += 1) {
    const digit = ((positions[at] as number) >>> shift) & (digits - 1);
    next[digit + 1] = (next[digit + 1] as number) + 1;
  }
  for (let digit = 1; digit < digits; digit += 1) {
    next[digit] = (next[digit] as number) + (next[digit - 1] as number);
  }
  const sortedPositions = new Uint32Array(length);
  const sortedPlaces = new Uint16Array(length);
  for (let at = 0; at < length; at += 1) {
    const position = positions[at] as number;
    const digit = (position >>> shift) & (digits - 1);
    const to = next[digit] as number;
    next[digit] = to + 1;
    sortedPositions[to] = position;
    sortedPlaces[to] = places[at] as number;
  }
  return { positions: sortedPositions, places: sortedPlaces };
}

/**
 * `former` without `removed`, whose places are those of before, and with `added`. Who stays keeps its order by place, so
 * one pass over all will do.
 */
function merged(former: Points, removed: Points, added: Points, renumbered: Uint16Array): Points {
  const { positions: oldPositions, places: oldPlaces } = former;
  const { length } = oldPositions;
  const total = length - removed.positions.length + added.positions.length;
  const positions = new Uint32Array(total);
  const places = new Uint16Array(total);
  let gone = 0;
  let goneOrder = orderAt(removed, 0);
  let come = 0;
  let comeOrder = orderAt(added, 0);
  let at = 0;
  for (let old = 0; old < length; old += 1) {
    const position = oldPositions[old] as number;
    const oldPlace = oldPlaces[old] as number;
    if (position * placesMax + oldPlace === goneOrder) {
      gone += 1;
      goneOrder = orderAt(removed, gone);
      continue;
    }
    const place = renumbered[oldPlace] as number;
    const order = position * placesMax + place;
    while (comeOrder < order) {
      positions[at] = added.positions[come] as number;
      places[at] = added.places[come] as number;
      at += 1;
      come += 1;
      comeOrder = orderAt(added, come);
    }
    positions[at] = position;
    places[at] = place;
    at += 1;
  }
  assert(gone === removed.positions.length, 'what leaves has been there');
  positions.set(added.positions.subarray(come), at);
  places.set(added.places.subarray(come), at);
  return { positions, places };
}

/** By position and, at one position, by place; behind the last one `Infinity`. */
function orderAt({ positions, places }: Points, at: number): number {
  if (at >= positions.length) return Number.POSITIVE_INFINITY;
  return (positions[at] as number) * placesMax + (places[at] as number);
}
