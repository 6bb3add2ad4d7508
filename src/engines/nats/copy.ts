/**
 * What the messages of one directory come to, in the order in which the stream has them: the newest of each name
 * that counts. Which one counts is judged here and nowhere else (`mirror.ts` says why that is enough).
 */

import type { NatsMessage } from './nats-module.ts';
import { type Delivery, type Entry, readStored, type Stored } from './stored-message.ts';
import { keptMax } from './stream.ts';
import type { Place } from './subjects.ts';

/** A deletion that everybody has forgotten. */
export interface Leftover {
  readonly deletion: number;
  /** The sequences of all that is in the stream under its name, whether it counts or not. */
  readonly all: readonly number[];
}

export interface CopyReader {
  /** It counts. */
  changed(entry: Entry, before: Entry | undefined, id: string): void;
  /** Changes up to there may be missing. */
  missed(upTo: number): void;
  /** Deletions up to there are forgotten. */
  forgotten(upTo: number): void;
  tooLarge(): void;
}

/** Beyond that many names a directory is refused: coordination has fewer, and this process's memory an end. */
export const namesMax = 100_000;

export class Copy {
  readonly entries: Map<string, Entry> = new Map();
  readonly leftovers: Map<string, Leftover> = new Map();
  /** The sequence up to which everything has been received. */
  position = 0;
  /** Of the last message that changes something. */
  changedAt = 0;
  /** When the server took the newest message that was received, by its wall clock. */
  takenMs = 0;
  /** Somebody is about to take out of the stream what is forgotten. */
  isSweeping = false;
  readonly #place: Place;
  readonly #reader: CopyReader;
  /** The messages of a name that lie in the stream, oldest first. */
  readonly #kept = new Map<string, number[]>();
  /** Names whose newest message replaces one that we have not seen. */
  readonly #guessed = new Set<string>();
  #begunBehind = 0;
  #isBehind = true;

  constructor(place: Place, reader: CopyReader) {
    this.#place = place;
    this.#reader = reader;
  }

  /** A consumer begins; what it skips is not known before it has caught up. */
  begins(): void {
    this.#begunBehind = this.position;
    this.#isBehind = true;
  }

  catchesUp(): void {
    this.#isBehind = false;
  }

  receives(message: NatsMessage, delivery: Delivery): void {
    this.takenMs = Math.max(this.takenMs, delivery.takenMs);
    const stored = readStored(message, this.#place, delivery);
    this.#take(stored);
    this.position = delivery.sequence;
    if (stored.kind !== 'nothing') this.changedAt = delivery.sequence;
  }

  #take(stored: Stored): void {
    if (stored.kind === 'entry') this.#takeEntry(stored.entry, stored.id);
    if (stored.kind === 'floor') this.#takeFloor(stored.floor);
  }

  #takeEntry(entry: Entry, id: string): void {
    const { name, sequence } = entry;
    const before = this.entries.get(name);
    this.#keep(name, sequence);
    if (!this.#counts(entry, before)) return;
    if (before === undefined && this.entries.size >= namesMax) {
      this.#reader.tooLarge();
      return;
    }
    this.entries.set(name, entry);
    this.#reader.changed(entry, before, id);
  }

  #counts({ name, previous }: Entry, before: Entry | undefined): boolean {
    if (previous === (before?.sequence ?? 0)) {
      this.#guessed.delete(name);
      return true;
    }
    // It replaces one that was gone from the stream when we came to it. So did, it seemed, the one that we have: but
    // one that counts replaces nothing older than what others that count replace, so ours came too late.
    const known = before === undefined ? 0 : this.#guessed.has(name) ? before.previous : before.sequence;
    if (previous <= known) return false;
    this.#guessed.add(name);
    this.#reader.missed(previous);
    return true;
  }

  #takeFloor(floor: number): void {
    if (this.#isBehind && floor > this.#begunBehind) this.#reader.missed(floor);
    this.#reader.forgotten(floor);
    // From this place in the stream on they are forgotten by everybody, whether they are still in it or not.
    for (const { name, gone, sequence } of this.entries.values()) {
      if (gone === undefined || sequence > floor) continue;
      this.entries.delete(name);
      this.#guessed.delete(name);
      if (this.isSweeping || this.#isBehind)
        this.leftovers.set(name, { deletion: sequence, all: this.#kept.get(name) ?? [sequence] });
      this.#kept.delete(name);
    }
  }

  #keep(name: string, sequence: number): void {
    const kept = this.#kept.get(name);
    if (kept === undefined) this.#kept.set(name, [sequence]);
    else if (kept.push(sequence) > keptMax) kept.shift();
  }
}
