/** The terms of a log by index, in one growing block of memory: shadows of logs are written for every entry of a run. */

const lengthMin = 1024;

export class TermTable {
  #terms = new Int32Array(lengthMin);

  /** 0 where nothing was ever written. */
  at(index: number): number {
    return index < this.#terms.length ? (this.#terms[index] as number) : 0;
  }

  set(index: number, term: number): void {
    if (index >= this.#terms.length) this.#grow(index);
    this.#terms[index] = term;
  }

  #grow(index: number): void {
    const terms = new Int32Array(Math.max(index + 1, 2 * this.#terms.length));
    terms.set(this.#terms);
    this.#terms = terms;
  }
}
