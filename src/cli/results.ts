/**
 * Where results go: the standard output, whose reader may be slower than a cluster, or gone. A verb with many
 * results waits for the reader, so that what it has read does not gather in memory; and one whose reader is gone
 * (`quorate watch … | head -1`) stops as if it had been asked to.
 */
import { once } from 'node:events';
import type { Writable } from 'node:stream';

export class Results implements Disposable {
  readonly #stream: Writable;
  readonly #onError: () => void;
  #isBroken = false;

  /** `onGone` is called once, when nobody reads any more. */
  constructor(stream: Writable, onGone: () => void) {
    this.#stream = stream;
    this.#onError = () => {
      if (!this.#isBroken) onGone();
      this.#isBroken = true;
    };
    stream.on('error', this.#onError);
  }

  write(chunk: string | Uint8Array): void {
    if (!this.#isBroken) this.#stream.write(chunk);
  }

  async drained(signal: AbortSignal): Promise<void> {
    if (this.#isBroken || !this.#stream.writableNeedDrain) return;
    try {
      await once(this.#stream, 'drain', { signal });
    } catch (error) {
      // A reader that is gone drains nothing; the signal says so to whoever writes on.
      if (!this.#isBroken && !signal.aborted) throw error;
    }
  }

  /** What is written late may still meet a reader who is gone, and must not end the process with a trace. */
  [Symbol.dispose](): void {
    if (!this.#stream.writableNeedDrain && this.#stream.writableLength === 0)
      this.#stream.off('error', this.#onError);
  }
}
