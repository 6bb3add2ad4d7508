/**
 * One proof for all who wait: a reader needs a proof that was begun after it came, so it joins the one that has not
 * begun yet, and at most one is under way and one behind it.
 */
export class Gate {
  readonly #prove: () => Promise<void>;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(prove: () => Promise<void>) {
    this.#prove = prove;
  }

  /** Resolves or rejects with a proof that begins during or after this call. */
  pass(): Promise<void> {
    if (this.#running === undefined) return this.#begin();
    this.#next ??= this.#running.then(
      () => this.#begin(),
      () => this.#begin(),
    );
    return this.#next;
  }

  #begin(): Promise<void> {
    this.#next = undefined;
    const proof = this.#prove().finally(() => {
      if (this.#running === proof) this.#running = undefined;
    });
    this.#running = proof;
    return proof;
  }
}
