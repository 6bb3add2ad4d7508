/** Carries out `get`: what a reply lists, in which order, and where it ends. */
import type { OrderedStore } from '../ports/index.ts';
import type { Get, KeyRange } from './commands.ts';
import type { Head } from './head.ts';
import type { Keyspace } from './keyspace.ts';
import { compareKeys, RangeWalk } from './ranges.ts';
import { type Refusal, refuse } from './refusals.ts';
import type { ReplyWriter } from './reply-writer.ts';
import type { StoreState } from './state.ts';

export class Reads {
  readonly #store: OrderedStore;
  readonly #state: StoreState;
  readonly #keyspace: Keyspace;

  constructor(store: OrderedStore, state: StoreState, keyspace: Keyspace) {
    this.#store = store;
    this.#state = state;
    this.#keyspace = keyspace;
  }

  walk(range: KeyRange, revision = 0, descending = false): RangeWalk {
    return new RangeWalk(this.#store, this.#keyspace, range, { revision, descending });
  }

  /** The one key of a range that names one, without a walk. */
  find(range: KeyRange, revision = 0): Head | undefined {
    return this.#keyspace.findAt(range.start, revision);
  }

  valueOf(head: Head): Uint8Array | undefined {
    return this.#keyspace.event(head)?.value;
  }

  /** How many keys lie in `range`, counted no further than `most` + 1. */
  countUpTo(range: KeyRange, most: number, revision = 0): number {
    if (range.end === undefined) return this.find(range, revision) === undefined ? 0 : 1;
    const walk = this.walk(range, revision);
    let count = 0;
    while (count <= most && walk.next()) count += 1;
    walk.close();
    return count;
  }

  check({ revision }: Get): Refusal | undefined {
    const { compactedRevision, revision: current } = this.#state;
    if (revision > current) return refuse('future-revision', revision, current);
    const isCompacted = revision !== 0 && revision < compactedRevision;
    return isCompacted ? refuse('compacted', revision, compactedRevision) : undefined;
  }

  /** Writes the result, and returns how many keys it cost to visit; at most `visitsMax`. */
  get(get: Get, reply: ReplyWriter, visitsMax: number): number {
    const outer = reply.beginList();
    const listed = this.#list(get, reply, visitsMax);
    reply.endList(outer);
    reply.got(listed.count, listed.more, listed.resume);
    return listed.visits;
  }

  #list(get: Get, reply: ReplyWriter, visitsMax: number): Listed {
    if (get.content !== 'count' && get.range.end === undefined) return this.#one(get, reply);
    if (get.content !== 'count' && get.order !== 'key') return this.#listSorted(get, reply);
    const walk = this.walk(get.range, get.revision, get.descending);
    const limit = get.limit === 0 || get.content === 'count' ? Number.POSITIVE_INFINITY : get.limit;
    let count = 0;
    let resume: Uint8Array | undefined;
    while (resume === undefined && walk.visit()) {
      const isFull =
        walk.visits > visitsMax || (walk.isThere && (count === limit || !this.#enter(walk, get, reply)));
      if (isFull) resume = walk.key.slice();
      else if (walk.isThere) count += 1;
    }
    walk.close();
    return { count, more: resume !== undefined, resume, visits: Math.min(walk.visits, visitsMax) };
  }

  #one({ range, revision, content }: Get, reply: ReplyWriter): Listed {
    const head = this.find(range, revision);
    if (head === undefined) return { count: 0, more: false, resume: undefined, visits: 1 };
    const fits = reply.entry(range.start, content === 'keys' ? undefined : this.valueOf(head), head);
    return { count: fits ? 1 : 0, more: !fits, resume: fits ? undefined : range.start, visits: 1 };
  }

  /** How many keys these are was bounded before; to visit them all is what sorting needs. */
  #listSorted(get: Get, reply: ReplyWriter): Listed {
    const limit = get.limit === 0 ? Number.POSITIVE_INFINITY : get.limit;
    const found = this.#sorted(get);
    let count = 0;
    for (const { key, head } of found) {
      const value = get.content === 'keys' ? undefined : this.valueOf(head);
      if (count === limit || !reply.entry(key, value, head)) break;
      count += 1;
    }
    return { count, more: count < found.length, resume: undefined, visits: 0 };
  }

  /** Puts the walk's key into the reply as far as it was asked for. */
  #enter(walk: RangeWalk, { content }: Get, reply: ReplyWriter): boolean {
    if (content === 'count') return true;
    return reply.entry(walk.key, content === 'keys' ? undefined : walk.value, walk.head);
  }

  #sorted(get: Get): readonly Found[] {
    const found: Found[] = [];
    const walk = this.walk(get.range, get.revision);
    while (walk.next()) found.push({ key: walk.key.slice(), head: walk.head });
    const number = get.order === 'create-revision' ? createRevisionOf : modifyRevisionOf;
    const sign = get.descending ? -1 : 1;
    return found.sort(
      (left, right) => sign * (number(left.head) - number(right.head) || compareKeys(left.key, right.key)),
    );
  }
}

interface Found {
  readonly key: Uint8Array;
  readonly head: Head;
}

interface Listed {
  readonly count: number;
  readonly more: boolean;
  readonly resume: Uint8Array | undefined;
  readonly visits: number;
}

function createRevisionOf(head: Head): number {
  return head.createRevision;
}

function modifyRevisionOf(head: Head): number {
  return head.revision;
}
