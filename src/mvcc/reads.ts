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

  check({ range, revision, order, content }: Get): Refusal | undefined {
    const { compactedRevision, revision: current, limits } = this.#state;
    if (revision > current) return refuse('future-revision', revision, current);
    if (revision !== 0 && revision < compactedRevision)
      return refuse('compacted', revision, compactedRevision);
    const sorts = order !== 'key' && content !== 'count' && range.end !== undefined;
    if (sorts && this.countUpTo(range, limits.keysTouchedMax, revision) > limits.keysTouchedMax) {
      return refuse('too-many-keys', limits.keysTouchedMax);
    }
    return undefined;
  }

  get(get: Get, reply: ReplyWriter): void {
    const outer = reply.beginList();
    const { count, more } =
      get.content === 'count'
        ? { count: this.countUpTo(get.range, Number.MAX_SAFE_INTEGER, get.revision), more: false }
        : this.#list(get, reply);
    reply.endList(outer);
    reply.got(count, more);
  }

  #list(get: Get, reply: ReplyWriter): { count: number; more: boolean } {
    if (get.range.end === undefined) return this.#one(get, reply);
    const limit = get.limit === 0 ? Number.POSITIVE_INFINITY : get.limit;
    const walk = get.order === 'key' ? this.walk(get.range, get.revision, get.descending) : this.#sorted(get);
    let count = 0;
    let more = false;
    while (walk.next()) {
      more =
        count === limit || !reply.entry(walk.key, get.content === 'keys' ? undefined : walk.value, walk.head);
      if (more) break;
      count += 1;
    }
    walk.close();
    return { count, more };
  }

  #one({ range, revision, content }: Get, reply: ReplyWriter): { count: number; more: boolean } {
    const head = this.find(range, revision);
    if (head === undefined) return { count: 0, more: false };
    const fits = reply.entry(range.start, content === 'keys' ? undefined : this.valueOf(head), head);
    return { count: fits ? 1 : 0, more: !fits };
  }

  #sorted(get: Get): SortedWalk {
    const found: Found[] = [];
    const walk = this.walk(get.range, get.revision);
    while (walk.next()) found.push({ key: walk.key.slice(), head: walk.head });
    const number = get.order === 'create-revision' ? createRevisionOf : modifyRevisionOf;
    const sign = get.descending ? -1 : 1;
    found.sort(
      (left, right) => sign * (number(left.head) - number(right.head) || compareKeys(left.key, right.key)),
    );
    return new SortedWalk(found, this.#keyspace);
  }
}

interface Found {
  readonly key: Uint8Array;
  readonly head: Head;
}

/** The same as a walk over a range, over keys that were gathered and sorted. */
class SortedWalk {
  readonly #found: readonly Found[];
  readonly #keyspace: Keyspace;
  #index = -1;

  constructor(found: readonly Found[], keyspace: Keyspace) {
    this.#found = found;
    this.#keyspace = keyspace;
  }

  get key(): Uint8Array {
    return this.#current().key;
  }

  get head(): Head {
    return this.#current().head;
  }

  get value(): Uint8Array | undefined {
    return this.#keyspace.event(this.#current().head)?.value;
  }

  next(): boolean {
    this.#index += 1;
    return this.#index < this.#found.length;
  }

  close(): void {
    this.#index = this.#found.length;
  }

  #current(): Found {
    return this.#found[this.#index] as Found;
  }
}

function createRevisionOf(head: Head): number {
  return head.createRevision;
}

function modifyRevisionOf(head: Head): number {
  return head.revision;
}
