/**
 * One watch, held against what really happened: every change behind where it began, each once, in order, those of
 * a revision together; a mark only when nothing is left to tell before it; `compacted` only where that is so.
 */
import type { WatchBatch } from '../../../client/index.ts';
import type { WatchEvent } from '../../../mvcc/index.ts';
import { InvariantBroken } from '../invariants/index.ts';
import { describeChange } from './change-story.ts';
import type { StoreTruth, TrueChange } from './store-truth.ts';

const utf8 = new TextDecoder();

export class WatchJudge {
  readonly #truth: StoreTruth;
  readonly #prefix: string;
  readonly #wantPrevious: boolean;
  readonly #name: string;
  /** The first revision that it has not heard of. */
  #next: number;

  constructor(truth: StoreTruth, watch: WatchPlace) {
    this.#truth = truth;
    this.#prefix = watch.prefix;
    this.#wantPrevious = watch.wantPrevious;
    this.#name = `a watch of ${watch.prefix}* by ${watch.name}`;
    this.#next = watch.from;
  }

  get next(): number {
    return this.#next;
  }

  /** It has heard all that there is to hear. */
  get isCaughtUp(): boolean {
    return this.#expected(this.#next, this.#truth.revision).length === 0;
  }

  describe(): string {
    return `${this.#name} has heard of all before ${this.#next}, and ${this.#truth.revision} is the last`;
  }

  heard({ events, revision }: WatchBatch): void {
    const what = `${this.#name} that has heard of all before ${this.#next}`;
    if (revision < this.#next) throw new InvariantBroken(`${what} is told of ${revision}`);
    if (revision > this.#truth.revision)
      throw new InvariantBroken(
        `${what} is told of ${revision}, and ${this.#truth.revision} is the last that was made`,
      );
    const expected = this.#expected(this.#next, revision);
    for (let place = 0; place < Math.max(expected.length, events.length); place += 1) {
      const told = events[place];
      const story = told === undefined ? undefined : storyOf(told);
      if (story !== expected[place]?.story)
        throw new InvariantBroken(
          `${what} hears up to ${revision} ${story ?? 'nothing more'} instead of ${expected[place]?.story ?? 'nothing more'}`,
        );
      if (this.#wantPrevious && told !== undefined)
        this.#checkPrevious(told, expected[place] as TrueChange, what);
    }
    this.#next = revision + 1;
  }

  /** It ended, because what it had to hear of next was compacted. */
  compacted(): void {
    const { compactedRevision } = this.#truth;
    if (compactedRevision < this.#next)
      throw new InvariantBroken(
        `${this.#name} is ended at ${this.#next} as compacted, and that was done up to ${compactedRevision} only`,
      );
  }

  #checkPrevious({ previous }: WatchEvent, change: TrueChange, what: string): void {
    const story = previous === undefined ? undefined : storyOf({ ...previous, kind: 'put' });
    const mayLack = change.previousRevision <= this.#truth.compactedRevision;
    if (story === change.previous || (story === undefined && mayLack)) return;
    throw new InvariantBroken(`${what} hears that ${change.story} replaced ${story}, not ${change.previous}`);
  }

  #expected(first: number, last: number): TrueChange[] {
    const changes: TrueChange[] = [];
    for (let revision = first; revision <= last; revision += 1) {
      for (const change of this.#truth.changesAt(revision))
        if (change.key.startsWith(this.#prefix)) changes.push(change);
    }
    return changes;
  }
}

export interface WatchPlace {
  readonly name: string;
  readonly prefix: string;
  /** The first revision to hear of. */
  readonly from: number;
  readonly wantPrevious: boolean;
}

function storyOf(event: Omit<WatchEvent, 'previous'>): string {
  return describeChange(event.kind, utf8.decode(event.key), utf8.decode(event.value), event);
}
