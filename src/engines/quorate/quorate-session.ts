/** A session of the store, as the port has it. */
import type { StoreSession } from '../../client/index.ts';
import type { EngineSession, SessionState } from '../port/index.ts';

export class QuorateSession implements EngineSession {
  readonly inner: StoreSession;
  readonly ttlMs: number;

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

  close(): Promise<void> {
    return this.inner.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
