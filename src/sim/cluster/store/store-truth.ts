/**
 * What really happened to the store: each command of the log, carried out once, in order, when the first member
 * applies it, on a store that no node, disk, snapshot or network comes near. Whatever members answer, and whatever
 * watches tell, is compared with it; leases and fences are judged as their commands take effect.
 */
import { crc32 } from '../../../base/index.ts';
import { decodeCommand, decodeReply, RevisionedStore, requestIn } from '../../../mvcc/index.ts';
import { MemoryOrderedStore } from '../../../storage/index.ts';
import { InvariantBroken } from '../invariants/index.ts';
import { describeChange, type KeyNumbers } from './change-story.ts';
import type { FenceJudge } from './fence-judge.ts';
import type { LeaseJudge } from './lease-judge.ts';
import { LineJudge } from './line-judge.ts';
import { counterPrefix } from './store-keys.ts';

/** One change of one key. */
export interface TrueChange {
  readonly key: string;
  /** Equal for equal changes. */
  readonly story: string;
  /** The put that it replaced, and in which revision that was; 0 for none. */
  readonly previous: string | undefined;
  readonly previousRevision: number;
}

export interface StoreTruthOptions {
  readonly leases: LeaseJudge;
  readonly fences: FenceJudge;
  /** A key took this value; a counter changed by it. */
  readonly wrote: (value: number, revision: number) => void;
  /** Hears of a violation even where throwing reaches nobody. */
  readonly broken: (error: InvariantBroken) => void;
}

const utf8 = new TextDecoder();
const noChanges: readonly TrueChange[] = [];

export class StoreTruth {
  readonly #options: StoreTruthOptions;
  readonly #store = new RevisionedStore(new MemoryOrderedStore());
  /** By index: a hash of the first member's answer. */
  readonly #replies: number[] = [];
  /** By revision. */
  readonly #changes: (readonly TrueChange[])[] = [];
  /** The last put of each key that is there. */
  readonly #puts = new Map<
    string,
    { readonly story: string; readonly revision: number; readonly value: number }
  >();
  readonly #line = new LineJudge();

  constructor(options: StoreTruthOptions) {
    this.#options = options;
  }

  get revision(): number {
    return this.#store.revision;
  }

  get compactedRevision(): number {
    return this.#store.compactedRevision;
  }

  changesAt(revision: number): readonly TrueChange[] {
    return this.#changes[revision] ?? noChanges;
  }

  /** A member has applied `command` and answers `reply`. */
  applied(index: number, command: Uint8Array | undefined, reply: Uint8Array): void {
    try {
      const isFirst = index === this.#store.appliedIndex + 1;
      if (isFirst && command === undefined) this.#store.skip(index);
      else if (isFirst && command !== undefined) this.#apply(index, command);
      else if (index > this.#store.appliedIndex)
        throw new InvariantBroken(`index ${index} is applied, and nobody has applied the one before it`);
      if (command !== undefined && this.#replies[index] !== crc32(reply))
        throw new InvariantBroken(`the command at ${index} is answered otherwise than at first`);
    } catch (error) {
      if (error instanceof InvariantBroken) this.#options.broken(error);
      throw error;
    }
  }

  /** A client was told of a revision. */
  told(revision: number): void {
    if (revision > this.revision)
      throw new InvariantBroken(
        `a client was told of revision ${revision}, and ${this.revision} is the last that was made`,
      );
  }

  /** A client was told that it appended a key. */
  appended(key: string, revision: number): void {
    this.told(revision);
    if (!this.changesAt(revision).some((change) => change.key === key))
      throw new InvariantBroken(`a client was told of ${key}, which revision ${revision} did not append`);
  }

  /** A client was shown an entry, old or new: it was there at its revision. */
  shown(key: string, numbers: KeyNumbers, value: string): void {
    this.told(numbers.modifyRevision);
    const story = describeChange('put', key, value, numbers);
    if (!this.changesAt(numbers.modifyRevision).some((change) => change.story === story))
      throw new InvariantBroken(`a client was shown what never was: ${story}`);
  }

  #apply(index: number, bytes: Uint8Array): void {
    const command = decodeCommand(requestIn(bytes));
    const { reply, revision, eventCount, leases, isRepeat } = this.#store.apply(index, bytes);
    this.#replies[index] = crc32(reply);
    const { body } = decodeReply(reply);
    const isDone = body.kind !== 'refused' && !isRepeat;
    if (!isRepeat) this.#options.fences.weighed(command.fences, body);
    this.#options.leases.changed(leases, body.kind === 'refused' ? 'refused' : command.body.kind, (id) =>
      this.#store.lease(id),
    );
    if (isDone && eventCount > 0) this.#note(revision);
    if (leases.some(({ change }) => change === 'ended')) this.#options.leases.settled();
  }

  #note(revision: number): void {
    const { leases, fences, wrote } = this.#options;
    const changes: TrueChange[] = [];
    const cursor = this.#store.history(revision, revision + 1);
    while (cursor.next()) {
      const { event } = cursor;
      const key = utf8.decode(event.key);
      const value = utf8.decode(event.value);
      const numbers = { ...event, modifyRevision: event.revision };
      const story = describeChange(event.kind, key, value, numbers);
      const before = this.#puts.get(key);
      changes.push({ key, story, previous: before?.story, previousRevision: before?.revision ?? 0 });
      if (event.kind === 'put') {
        this.#puts.set(key, { story, revision, value: Number(value) });
        this.#line.put(key, event);
        leases.attached(key, event.lease);
        if (event.createRevision === revision) fences.held(key, revision);
        const counted = key.startsWith(counterPrefix) ? (before?.value ?? 0) : 0;
        wrote(Number(value) - counted, revision);
      } else {
        this.#puts.delete(key);
        leases.attached(key, 0);
        fences.free(key);
      }
    }
    this.#changes[revision] = changes;
  }
}
