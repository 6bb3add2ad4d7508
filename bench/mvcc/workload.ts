/** Stores and commands for the benchmarks of the revisioned store: 256 B values, 20 B keys, encoded beforehand or on the fly. */
import { ByteWriter, Prng } from '../../src/base/index.ts';
import {
  type CommandBody,
  type Compare,
  encodeCommand,
  type KeyRange,
  type Operation,
  type Put,
  RevisionedStore,
  type SessionRequest,
} from '../../src/mvcc/index.ts';
import { MemoryOrderedStore } from '../../src/storage/index.ts';

const value = new Uint8Array(256).fill(7);
const keyDigits = 10;
const keyPrefix = 'bench/key-';

export function keyOf(number: number): Uint8Array {
  return new TextEncoder().encode(`${keyPrefix}${String(number).padStart(keyDigits, '0')}`);
}

export function putOf(number: number): Put {
  return { kind: 'put', key: keyOf(number), value, lease: 0, keepLease: false, wantPrevious: false };
}

export function getOf(range: KeyRange, revision = 0, limit = 0): Operation {
  return { kind: 'get', range, revision, limit, order: 'key', descending: false, content: 'entries' };
}

/** Compares one key and writes it and its neighbour. */
export function swapOf(number: number): CommandBody {
  const range = { start: keyOf(number), end: undefined };
  const compare: Compare = { target: 'version', range, operator: 'greater', number: 0 };
  const onSuccess = [putOf(number), putOf(number + 1)];
  return { kind: 'transaction', compares: [compare], onSuccess, onFailure: [] };
}

/** A store and the place in the log that it has reached. */
export class Subject {
  readonly store: RevisionedStore = new RevisionedStore(new MemoryOrderedStore());
  readonly #writer = new ByteWriter(4096);
  #index = 0;

  /** Encodes and applies, as one thread of a node does for its client and its log. */
  send(body: CommandBody): void {
    this.#writer.reset();
    encodeCommand(this.#writer, { session: undefined, fences: [], body });
    this.apply(this.#writer.bytes());
  }

  openSession(): number {
    this.send({ kind: 'session-open', ttlMs: 60_000 });
    return this.#index;
  }

  apply(command: Uint8Array): void {
    this.#index += 1;
    this.store.apply(this.#index, command);
  }

  /** Puts each of `keys` keys once, in random order. */
  load(keys: number): void {
    for (const number of new Prng(1).shuffled(Array.from({ length: keys }, (_, index) => index))) {
      this.send(putOf(number));
    }
  }
}

/** Commands made beforehand, so that making them is not measured; views of one buffer, as they come from a network. */
export function prepared(
  count: number,
  make: (number: number) => CommandBody,
  session?: (number: number) => SessionRequest,
): Uint8Array[] {
  const writer = new ByteWriter(count * 400);
  const ends: number[] = [];
  for (let number = 0; number < count; number += 1) {
    encodeCommand(writer, { session: session?.(number), fences: [], body: make(number) });
    ends.push(writer.length);
  }
  const bytes = writer.bytes();
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}
