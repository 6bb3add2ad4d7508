/**
 * Frees what a compaction made unreachable: versions that were superseded at or below the compacted revision,
 * and tombstones. It follows the events since the last compaction, each of which names the version that it
 * superseded, so its work is in proportion to the garbage and not to the store.
 *
 * A little is done now and then instead of all at once, so that no command waits for a million others' garbage;
 * and not behind each command, because finding the place costs more than going on from there. A piece is bounded
 * in events and in bytes, of which an event may have many. Who writes much pays for it at once, twice what it
 * wrote; all others together do with each stride of the index, twice what they may have written. A host whose
 * commands are few asks for more with `collect`.
 *
 * How much is done, and when, depends on nothing but the commands and their indexes: all members free the same
 * bytes at the same index, and judge the quota alike. A release that changes that changes verdicts, so it would
 * have to ask for a level first.
 */
import { assert } from '../base/index.ts';
import type { HistoryEvent } from './event.ts';
import type { Position } from './head.ts';
import { eventOverheadBytes, type Keyspace } from './keyspace.ts';
import type { StoreState } from './state.ts';

/** What is done at once, at most, but always one event. */
export interface Piece {
  readonly events: number;
  /** Of as many revisions. */
  readonly revisions: number;
  /** So much is looked at, and as much again is freed. */
  readonly bytes: number;
}

/** What a command added. */
export interface Growth {
  readonly changes: number;
  readonly bytes: number;
}

/** What an event tells about garbage, without its value: of a long one there may be many. */
interface Link extends Position {
  readonly previous: Position;
  /** Only where the key itself is gone. */
  readonly key: Uint8Array | undefined;
}

/** Each time the index passes a multiple of this. */
const stride = 64;
/** A command that adds as much pays for itself. */
const changesMin = 16;
const bytesMin = 16_384;
/** More than what was added, so that the end comes nearer however much is written. */
const share = 2;
/** What the largest transaction that limits allow may owe; one that deletes more frees what puts have paid for. */
const eventsMost = 20_000;
/** Twice what commands that do not pay for themselves may add in a stride. */
const stridePiece: Piece = {
  events: share * stride * changesMin,
  revisions: share * stride,
  bytes: share * stride * bytesMin,
};

export class Collector {
  readonly #state: StoreState;
  readonly #keyspace: Keyspace;

  constructor(state: StoreState, keyspace: Keyspace) {
    this.#state = state;
    this.#keyspace = keyspace;
  }

  /** True: the last compaction still has something to free. */
  get isPending(): boolean {
    return this.#state.collected.revision <= this.#state.compactedRevision;
  }

  /** Behind what stood at the applied index; what stood before it was at `previousIndex`. */
  follow(previousIndex: number, { changes, bytes }: Growth): void {
    if (!this.isPending) return;
    if (changes >= changesMin || bytes >= bytesMin) {
      this.collect({
        events: Math.max(1, Math.min(share * changes, eventsMost)),
        revisions: Number.POSITIVE_INFINITY,
        // A command may have freed other things.
        bytes: share * Math.max(bytes, changes * eventOverheadBytes, 1),
      });
    }
    const { appliedIndex } = this.#state;
    if (Math.floor(appliedIndex / stride) !== Math.floor(previousIndex / stride)) this.stride();
  }

  /** What is done now and then. */
  stride(): void {
    this.collect(stridePiece);
  }

  collect(piece: Piece): void {
    if (piece.events === 0 || !this.isPending) return;
    assert(piece.events > 0 && piece.revisions > 0 && piece.bytes > 0, 'a piece holds one event at least');
    const state = this.#state;
    const { links, isEnd } = this.#nextLinks(piece);
    let freedBytes = 0;
    for (const link of links) {
      if (freedBytes >= piece.bytes) {
        state.collected = { revision: link.revision, position: link.position };
        return;
      }
      freedBytes += this.#free(link);
    }
    const last = links.at(-1);
    state.collected =
      isEnd || last === undefined
        ? { revision: state.compactedRevision + 1, position: 0 }
        : { revision: last.revision, position: last.position + 1 };
  }

  /** Returns how many bytes that made. */
  #free({ key, revision, position, previous }: Link): number {
    const bytes = previous.revision === 0 ? 0 : this.#keyspace.forget(previous);
    if (key === undefined) return bytes;
    this.#keyspace.forgetTombstone(key, { revision, position });
    return bytes + this.#keyspace.forget({ revision, position });
  }

  /** The next events, all of them read before one is freed, because that changes the store beneath the others. */
  #nextLinks(piece: Piece): { readonly links: readonly Link[]; readonly isEnd: boolean } {
    const { collected, compactedRevision } = this.#state;
    const cursor = this.#keyspace.scanHistory(collected, compactedRevision + 1);
    const links: Link[] = [];
    let bytes = 0;
    let revisions = 0;
    let revision = 0;
    let isEnd = false;
    while (links.length < piece.events && bytes < piece.bytes) {
      if (!cursor.next()) {
        isEnd = true;
        break;
      }
      const { event } = cursor;
      if (event.revision !== revision) {
        if (revisions >= piece.revisions) break;
        revisions += 1;
        revision = event.revision;
      }
      bytes += eventOverheadBytes + event.key.length + event.value.length;
      links.push(linkOf(event));
    }
    cursor.close();
    return { links, isEnd };
  }
}

function linkOf({ kind, key, revision, position, previous }: HistoryEvent): Link {
  return { revision, position, previous, key: kind === 'put' ? undefined : key.slice() };
}
