/**
 * What happened, as a hash that two runs of one seed must share, and, where asked for, as lines that a person
 * can read. The hash covers every event and every detail given to `note`, whether or not lines are kept, so
 * that a run recorded for reading is known to be the run that failed.
 */
import { Deque } from '../../../base/index.ts';

export interface TraceOptions {
  /** How many of the last lines are kept: 0 for none, `Infinity` for the whole story. Default 0. */
  readonly lines?: number;
}

export class Trace {
  readonly #linesMax: number;
  readonly #lines = new Deque<string>();
  /** One number seen as two words, so that a time is mixed in with all its bits. */
  readonly #number = new Float64Array(1);
  readonly #words = new Uint32Array(this.#number.buffer);
  readonly #textHashes = new Map<string, number>();
  #high = 0x6a09_e667 | 0;
  #low = 0xbb67_ae85 | 0;
  #nowMs = 0;

  constructor(options: TraceOptions = {}) {
    this.#linesMax = options.lines ?? 0;
  }

  /** True where lines are kept. Whoever makes one looks here first, because formatting costs more than the event. */
  get recording(): boolean {
    return this.#linesMax > 0;
  }

  /** Mixes in that an event comes up. */
  event(timeMs: number, sequence: number): void {
    this.#nowMs = timeMs;
    this.#number[0] = timeMs;
    this.#mix(this.#words[0] as number);
    this.#mix((this.#words[1] as number) ^ sequence);
  }

  /** Mixes in what it did: `what` is a `happening`, `detail` a length, a count or the like. */
  note(what: number, machine: number, detail: number): void {
    this.#mix((what << 24) ^ (machine << 16) ^ detail);
  }

  /** Mixes in a text. The texts of a program are few and repeat, so each is hashed once. */
  noteText(text: string): void {
    let hash = this.#textHashes.get(text);
    if (hash === undefined) {
      hash = hashText(text);
      if (text.length <= 100 && this.#textHashes.size < 10_000) this.#textHashes.set(text, hash);
    }
    this.#mix(hash);
  }

  /** Adds a line to the story, `who` did it. Call it only when `recording`. */
  line(who: string, text: string): void {
    if (this.#lines.size >= this.#linesMax) this.#lines.popFront();
    this.#lines.pushBack(`${this.#nowMs.toFixed(3).padStart(12)}  ${who.padEnd(8)} ${text}`);
  }

  /** The lines kept, oldest first. */
  story(): string[] {
    return [...this.#lines];
  }

  /** The hash of everything up to here, in sixteen hexadecimal digits. */
  hash(): string {
    return hex(this.#high) + hex(this.#low);
  }

  #mix(value: number): void {
    const low = Math.imul(this.#low ^ value, 0x9e37_79b1);
    const high = Math.imul(this.#high + (low ^ (low >>> 15)), 0x85eb_ca6b);
    this.#low = low ^ (high >>> 13);
    this.#high = high ^ (high >>> 16);
  }
}

/** What `Trace.note` can say happened. */
export const happening = {
  timer: 1,
  input: 2,
  turn: 3,
  stall: 4,
  birth: 5,
  death: 6,
  disk: 7,
  sent: 8,
  received: 9,
  network: 10,
  log: 11,
  fault: 12,
} as const;

/** FNV-1a over code units. */
export function hashText(text: string): number {
  let hash = 0x811c_9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x0100_0193);
  }
  return hash >>> 0;
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}
