/**
 * One end of a connection that remembers what it heard and lets a test wait for it. Waiting is by condition:
 * each event asks the waiting conditions again, so nothing here knows about time, real or simulated.
 */
import assert from 'node:assert/strict';
import type { Connection } from '../../src/ports/index.ts';

export class RecordingEnd {
  readonly connection: Connection;
  readonly chunks: Uint8Array[] = [];
  receivedBytes = 0;
  drainedCount = 0;
  endedCount = 0;
  closedCount = 0;
  cause: Error | undefined;
  readonly #waiting: { readonly holds: () => boolean; readonly resolve: () => void }[] = [];

  /** `react` runs on each piece of bytes, inside the call that brought it. */
  constructor(
    connection: Connection,
    react: (end: RecordingEnd, bytes: Uint8Array) => void = () => undefined,
  ) {
    this.connection = connection;
    connection.start({
      received: (bytes) => {
        assert.equal(this.endedCount + this.closedCount, 0, 'bytes after the end');
        this.chunks.push(bytes.slice());
        this.receivedBytes += bytes.length;
        react(this, bytes);
        this.#check();
      },
      drained: () => {
        this.drainedCount += 1;
        this.#check();
      },
      ended: () => {
        this.endedCount += 1;
        this.#check();
      },
      closed: (cause) => {
        this.closedCount += 1;
        this.cause = cause;
        this.#check();
      },
    });
  }

  /** Resolves when `holds`; checked now and after each event on this end. */
  until(holds: (end: RecordingEnd) => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ holds: () => holds(this), resolve });
      this.#check();
    });
  }

  closed(): Promise<void> {
    return this.until((end) => end.closedCount > 0);
  }

  received(): Uint8Array {
    const all = new Uint8Array(this.receivedBytes);
    let at = 0;
    for (const chunk of this.chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  }

  #check(): void {
    for (const waiting of this.#waiting.splice(0)) {
      if (waiting.holds()) waiting.resolve();
      else this.#waiting.push(waiting);
    }
  }
}
