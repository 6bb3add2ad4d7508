/**
 * A session of the store, as the port has it. It remembers which appends under it nobody knows the outcome of, so that
 * one of them which is asked for again is looked for first.
 */
import type { StoreSession } from '../../client/index.ts';
import type { EngineSession, SessionState } from '../port/index.ts';

/** With more than so many in doubt, every append may be one of them. */
const doubtsMax = 1_024;

export class QuorateSession implements EngineSession {
  readonly inner: StoreSession;
  readonly ttlMs: number;
  readonly #doubts = new Set<string>();
  #doubtsAll = false;

  constructor(inner: StoreSession, ttlMs: number) {
    this.inner = inner;
    this.ttlMs = ttlMs;
  }

  get id(): string {
    return String(this.inner.id);
  }

  get isLive(): boolean {
    return this.inner.isLive;
  }

  get remainingMs(): number {
    return this.inner.remainingMs;
  }

  get state(): SessionState {
    return this.inner.state;
  }

  get over(): AbortSignal {
    return this.inner.over;
  }

  subscribe(listener: (state: SessionState) => void): () => void {
    return this.inner.subscribe(listener);
  }

  /** An append may have been carried out, or may yet be. */
  doubt(append: string): void {
    if (this.#doubts.size < doubtsMax) this.#doubts.add(append);
    else this.#doubtsAll = true;
  }

  isInDoubt(append: string): boolean {
    return this.#doubtsAll || this.#doubts.has(append);
  }

  /** What became of it is known. */
  settle(append: string): void {
    this.#doubts.delete(append);
  }

  close(): Promise<void> {
    return this.inner.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
