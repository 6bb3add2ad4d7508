/**
 * The configurations that a search has seen: round, state, and two bit sets, the operations under way that
 * took effect and the unknown ones that did. Seeing one again means that its future is known to fail. And more:
 * with all else equal, a configuration that has used more of the unknown operations can do nothing that the
 * one with fewer cannot, so it is as good as seen. Records lie in one array of integers, a hash finds them,
 * and equality is compared in full: a collision costs time, never truth.
 */

const roundField = 0;
const stateField = 1;
const parentField = 2;
const choiceField = 3;
const nextField = 4;
const maskField = 5;
const none = -1;

export class ConfigurationTable {
  readonly #knownWords: number;
  readonly #words: number;
  readonly #stride: number;
  #records: Int32Array;
  #count = 0;
  #heads: Int32Array = new Int32Array(1024).fill(none);

  /** The bit sets have `knownWords` and `unknownWords` words of 32 bits; a mask is both, one behind the other. */
  constructor(knownWords: number, unknownWords: number) {
    this.#knownWords = knownWords;
    this.#words = knownWords + unknownWords;
    this.#stride = maskField + this.#words;
    this.#records = new Int32Array(1024 * this.#stride);
  }

  get bytes(): number {
    return (this.#records.length + this.#heads.length) * 4;
  }

  round(id: number): number {
    return this.#records[id * this.#stride + roundField] as number;
  }

  state(id: number): number {
    return this.#records[id * this.#stride + stateField] as number;
  }

  /** The configuration from which this one was made, and by which choice; -1 for the root. */
  parent(id: number): number {
    return this.#records[id * this.#stride + parentField] as number;
  }

  choice(id: number): number {
    return this.#records[id * this.#stride + choiceField] as number;
  }

  readMask(id: number, into: Int32Array): void {
    const start = id * this.#stride + maskField;
    for (let word = 0; word < this.#words; word += 1) into[word] = this.#records[start + word] as number;
  }

  /** The id of a configuration that is new, or -1 when one at least as good was seen. */
  insert(round: number, state: number, mask: Int32Array, parent: number, choice: number): number {
    const head = this.#bucket(round, state, mask, 0);
    for (let id = this.#heads[head] as number; id !== none; id = this.#field(id, nextField)) {
      if (this.round(id) === round && this.state(id) === state && this.#asGood(id, mask)) return none;
    }
    const id = this.#count;
    this.#count += 1;
    const start = id * this.#stride;
    if (start + this.#stride > this.#records.length) this.#growRecords();
    const records = this.#records;
    records[start + roundField] = round;
    records[start + stateField] = state;
    records[start + parentField] = parent;
    records[start + choiceField] = choice;
    records[start + nextField] = this.#heads[head] as number;
    records.set(mask, start + maskField);
    this.#heads[head] = id;
    if (this.#count > this.#heads.length) this.#growHeads();
    return id;
  }

  /** Whether record `id` has done the same, and used no unknown operation that `mask` has not used. */
  #asGood(id: number, mask: Int32Array): boolean {
    const start = id * this.#stride + maskField;
    for (let word = 0; word < this.#knownWords; word += 1) {
      if (this.#records[start + word] !== mask[word]) return false;
    }
    for (let word = this.#knownWords; word < this.#words; word += 1) {
      if (((this.#records[start + word] as number) & ~(mask[word] as number)) !== 0) return false;
    }
    return true;
  }

  /** The unknown operations stay out of the hash, so that comparable records share a bucket. */
  #bucket(round: number, state: number, mask: Int32Array, start: number): number {
    let hash = Math.imul(round, 0x9e37_79b1) ^ Math.imul(state + 1, 0x85eb_ca6b);
    for (let word = 0; word < this.#knownWords; word += 1) {
      hash = Math.imul(hash ^ (hash >>> 15) ^ (mask[start + word] as number), 0xc2b2_ae35);
    }
    hash ^= hash >>> 13;
    return (Math.imul(hash, 0x27d4_eb2f) >>> 7) & (this.#heads.length - 1);
  }

  #field(id: number, field: number): number {
    return this.#records[id * this.#stride + field] as number;
  }

  #growRecords(): void {
    const grown = new Int32Array(this.#records.length * 2);
    grown.set(this.#records);
    this.#records = grown;
  }

  #growHeads(): void {
    this.#heads = new Int32Array(this.#heads.length * 4).fill(none);
    for (let id = 0; id < this.#count; id += 1) {
      const start = id * this.#stride;
      const head = this.#bucket(this.round(id), this.state(id), this.#records, start + maskField);
      this.#records[start + nextField] = this.#heads[head] as number;
      this.#heads[head] = id;
    }
  }
}
