/**
 * The answers of one session that its client may still ask for again. A client numbers its requests and says
 * with each up to where it has the answers, so what is kept is what is under way. The bytes lie in one ring:
 * an answer costs no object.
 */
import { assert, type ByteReader, type ByteWriter } from '../base/index.ts';
import type { StateHash } from './state-hash.ts';
import { tables } from './tables.ts';

const noBytes = new Uint8Array(0);
const entriesMin = 8;
/** A session that waits for nothing keeps no more room than this. */
const idleBytesMax = 4_096;

export class Answers {
  readonly #session: number;
  readonly #hash: StateHash;
  /** All answers up to here were acknowledged. */
  #acknowledged = 0;
  /** No greater number was ever answered. */
  #highest = 0;
  /** Request numbers and lengths of the kept answers, oldest first from `#first` on, in rings of one size. */
  #numbers: Float64Array = new Float64Array(entriesMin);
  #lengths: Uint32Array = new Uint32Array(entriesMin);
  #first = 0;
  #count = 0;
  /** The answers' bytes, oldest first, without gaps. */
  #bytes: Uint8Array = noBytes;
  #start = 0;
  #end = 0;

  constructor(session: number, hash: StateHash) {
    this.#session = session;
    this.#hash = hash;
    hash.add(tables.session, session, 0, noBytes);
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#end - this.#start;
  }

  /** The kept answer to `request`: a view, valid until the next change. */
  find(request: number): Uint8Array | undefined {
    if (request > this.#highest) return undefined;
    let at = this.#start;
    for (let index = 0; index < this.#count; index += 1) {
      const length = this.#lengths[this.#slot(index)] as number;
      if (this.#numbers[this.#slot(index)] === request) return this.#bytes.subarray(at, at + length);
      at += length;
    }
    return undefined;
  }

  /** Forgets what the client has. Answers are kept in the order in which they were given; one behind an unacknowledged one waits for it. */
  acknowledge(request: number): void {
    if (request <= this.#acknowledged) return;
    this.#hash.remove(tables.session, this.#session, this.#acknowledged, noBytes);
    this.#hash.add(tables.session, this.#session, request, noBytes);
    this.#acknowledged = request;
    while (this.#count > 0 && (this.#numbers[this.#first] as number) <= request) this.#drop();
  }

  keep(request: number, answer: Uint8Array): void {
    assert(request > this.#acknowledged, 'an acknowledged answer is not kept');
    if (this.#count === this.#numbers.length) this.#growRings();
    this.#makeRoom(answer.length);
    this.#bytes.set(answer, this.#end);
    this.#end += answer.length;
    const slot = this.#slot(this.#count);
    this.#numbers[slot] = request;
    this.#lengths[slot] = answer.length;
    this.#count += 1;
    if (request > this.#highest) this.#highest = request;
    this.#hash.add(tables.answer, this.#session, request, answer);
  }

  /** The session has ended: its part of the state hash goes. */
  end(): void {
    while (this.#count > 0) this.#drop();
    this.#hash.remove(tables.session, this.#session, this.#acknowledged, noBytes);
  }

  encode(writer: ByteWriter): void {
    writer.varint(this.#count);
    let at = this.#start;
    for (let index = 0; index < this.#count; index += 1) {
      const length = this.#lengths[this.#slot(index)] as number;
      writer.varint(this.#numbers[this.#slot(index)] as number);
      writer.block(this.#bytes.subarray(at, at + length));
      at += length;
    }
    writer.varint(this.#acknowledged);
  }

  /** Fills a new object with what `encode` wrote. */
  decode(reader: ByteReader): void {
    for (let count = reader.varint(); count > 0; count -= 1) {
      const request = reader.varint();
      if (request === 0) throw reader.malformed('an answer to no request', reader.offset);
      this.keep(request, reader.block());
    }
    this.acknowledge(reader.varint());
    reader.end();
  }

  #drop(): void {
    const length = this.#lengths[this.#first] as number;
    const answer = this.#bytes.subarray(this.#start, this.#start + length);
    this.#hash.remove(tables.answer, this.#session, this.#numbers[this.#first] as number, answer);
    this.#start += length;
    this.#first = this.#slot(1);
    this.#count -= 1;
    if (this.#count > 0) return;
    this.#start = 0;
    this.#end = 0;
    if (this.#bytes.length > idleBytesMax) this.#bytes = noBytes;
  }

  #slot(index: number): number {
    return (this.#first + index) & (this.#numbers.length - 1);
  }

  #growRings(): void {
    const numbers = new Float64Array(this.#count * 2);
    const lengths = new Uint32Array(this.#count * 2);
    for (let index = 0; index < this.#count; index += 1) {
      numbers[index] = this.#numbers[this.#slot(index)] as number;
      lengths[index] = this.#lengths[this.#slot(index)] as number;
    }
    this.#numbers = numbers;
    this.#lengths = lengths;
    this.#first = 0;
  }

  /** Room for `length` bytes behind the end: by moving what is kept to the front, if that frees half, or by growing. */
  #makeRoom(length: number): void {
    if (this.#end + length <= this.#bytes.length) return;
    const needed = this.bytes + length;
    const kept = this.#bytes.subarray(this.#start, this.#end);
    if (needed * 2 <= this.#bytes.length) {
      this.#bytes.copyWithin(0, this.#start, this.#end);
    } else {
      const grown = new Uint8Array(Math.max(needed * 2, 256));
      grown.set(kept);
      this.#bytes = grown;
    }
    this.#end -= this.#start;
    this.#start = 0;
  }
}
