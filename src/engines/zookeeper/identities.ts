/**
 * When appended items were created, as far as it was seen. A name that was given by an append is never given again,
 * so what was seen once stays true for as long as the item is there, and listing a queue again need not read it again.
 */
const namesMax = 16_384;

export class Identities {
  readonly #created = new Map<string, number>();

  created(path: string): number | undefined {
    return this.#created.get(path);
  }

  learn(path: string, created: number): void {
    if (this.#created.has(path)) return;
    if (this.#created.size >= namesMax) this.#forgetOldest();
    this.#created.set(path, created);
  }

  #forgetOldest(): void {
    const [oldest] = this.#created.keys();
    if (oldest !== undefined) this.#created.delete(oldest);
  }
}
