/**
 * The plain socket under every loader, so that all cost the same: what one piece of input gives rise to leaves
 * in one write, and input is cut into answers where it lies.
 */
import { connect, type Socket } from 'node:net';
import type { Endpoint } from './job.ts';

const readBytes = 256 * 1024;
const noBytes = Buffer.alloc(0);

export interface LoadSocketEvents {
  /** Takes whole answers from the front of `bytes`; returns where the first that is cut off begins. */
  parse(bytes: Buffer): number;
  failed(error: Error): void;
}

export class LoadSocket {
  readonly #socket: Socket;
  #out = Buffer.allocUnsafeSlow(64 * 1024);
  #length = 0;
  /** The beginning of an answer of which the rest is to come. */
  #rest: Buffer = noBytes;
  #isClosed = false;

  static open(endpoint: Endpoint, events: LoadSocketEvents): Promise<LoadSocket> {
    return new Promise((resolve, reject) => {
      const socket = new LoadSocket(endpoint, events, () => resolve(socket), reject);
    });
  }

  private constructor(
    { host, port }: Endpoint,
    events: LoadSocketEvents,
    opened: () => void,
    refused: (error: Error) => void,
  ) {
    let isOpen = false;
    const onread = {
      buffer: Buffer.allocUnsafeSlow(readBytes),
      callback: (count: number, buffer: Uint8Array): boolean => {
        this.#received(buffer as Buffer, count, events);
        return true;
      },
    };
    const lost = (error: Error): void => {
      if (this.#isClosed) return;
      if (isOpen) events.failed(error);
      else refused(error);
    };
    this.#socket = connect({ host, port, noDelay: true, onread }, () => {
      isOpen = true;
      opened();
    });
    this.#socket.on('error', lost).on('close', () => lost(new Error(`${host}:${port} closed a connection`)));
  }

  append(bytes: Uint8Array): void {
    const end = this.#length + bytes.length;
    if (end > this.#out.length) this.#grow(end);
    this.#out.set(bytes, this.#length);
    this.#length = end;
  }

  flush(): void {
    if (this.#length === 0) return;
    this.#socket.write(Buffer.from(this.#out.subarray(0, this.#length)));
    this.#length = 0;
  }

  close(): void {
    this.#isClosed = true;
    this.#socket.destroy();
  }

  #grow(least: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(least, this.#out.length * 2));
    grown.set(this.#out.subarray(0, this.#length));
    this.#out = grown;
  }

  #received(buffer: Buffer, count: number, events: LoadSocketEvents): void {
    const piece = buffer.subarray(0, count);
    const bytes = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    let taken: number;
    try {
      taken = events.parse(bytes);
    } catch (error) {
      events.failed(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    this.#rest = taken === bytes.length ? noBytes : Buffer.from(bytes.subarray(taken));
    this.flush();
  }
}
