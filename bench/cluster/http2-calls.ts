/**
 * gRPC calls over HTTP/2 on a plain socket, as lean as it goes: headers are packed once without the dynamic
 * table, a call is three memory copies, answers are matched by their stream. gRPC's own library for Node costs
 * more time a call than the whole server does.
 *
 * The server may not use the dynamic table either, as our settings say, so the trailers that mean success are
 * always the same bytes and are looked for as such.
 */
import {
  flags,
  frame,
  frameHeaderBytes,
  frames,
  initialWindow,
  messagePrefixBytes,
  opening,
  packedHeaders,
  packedMessage,
  uint32,
} from './http2-frames.ts';
import type { Endpoint } from './job.ts';
import { LoadSocket } from './load-socket.ts';

export interface Http2Events {
  /** A call ended well; `message` is valid during the call only. */
  answered(stream: number, message: Uint8Array): void;
  failed(error: Error): void;
}

/** What was received is given back to the server's window in such portions. */
const windowPortionBytes = 1 << 20;

/** `grpc-status`, packed by HPACK's Huffman code, and the value `0` behind it. */
const statusIsFine = Buffer.from([0x9a, 0xca, 0xc8, 0xb2, 0x12, 0x34, 0xda, 0x8f, 0x01, 0x30]);

export class Http2Calls {
  readonly #events: Http2Events;
  readonly #headerBlock: Buffer;
  #socket: LoadSocket | undefined;
  #lastStream = -1;
  /** Bytes that the server still takes on the whole connection, and calls that wait for more. */
  #sendWindow = initialWindow;
  readonly #waiting: Buffer[] = [];
  #received = 0;
  /** Answers whose trailers are to come. */
  readonly #messages = new Map<number, Buffer>();

  constructor(authority: string, path: string, events: Http2Events) {
    this.#events = events;
    this.#headerBlock = packedHeaders(authority, path);
  }

  async open(endpoint: Endpoint): Promise<void> {
    this.#socket = await LoadSocket.open(endpoint, {
      parse: (bytes) => this.#parse(bytes),
      failed: (error) => this.#events.failed(error),
    });
    this.#socket.append(opening());
    this.#socket.flush();
  }

  /** Both frames of a call; `call` fills in the stream. */
  prepared(message: Uint8Array): Buffer {
    return Buffer.concat([
      frame(frames.headers, flags.endHeaders, 0, this.#headerBlock),
      frame(frames.data, flags.endStream, 0, packedMessage(message)),
    ]);
  }

  /** Returns the stream. What was prepared may be used again at once. */
  call(prepared: Buffer): number {
    this.#lastStream += 2;
    const stream = this.#lastStream;
    const data = frameHeaderBytes + this.#headerBlock.length;
    prepared.writeUInt32BE(stream, 5);
    prepared.writeUInt32BE(stream, data + 5);
    if (this.#waiting.length > 0 || !this.#admit(prepared)) this.#waiting.push(Buffer.from(prepared));
    else this.#socket?.append(prepared);
    return stream;
  }

  flush(): void {
    this.#socket?.flush();
  }

  close(): void {
    this.#socket?.close();
  }

  /** Takes the body of a call out of the connection's window, if it is large enough. */
  #admit(prepared: Buffer): boolean {
    const bytes = prepared.length - 2 * frameHeaderBytes - this.#headerBlock.length;
    if (bytes > this.#sendWindow) return false;
    this.#sendWindow -= bytes;
    return true;
  }

  #parse(bytes: Buffer): number {
    let at = 0;
    while (at + frameHeaderBytes <= bytes.length) {
      const end = at + frameHeaderBytes + bytes.readUIntBE(at, 3);
      if (end > bytes.length) break;
      this.#frame(bytes, at, end);
      at = end;
    }
    this.#giveBack(at);
    return at;
  }

  #frame(bytes: Buffer, at: number, end: number): void {
    const kind = bytes[at + 3] as number;
    const flag = bytes[at + 4] as number;
    const stream = bytes.readUInt32BE(at + 5);
    const payload = bytes.subarray(at + frameHeaderBytes, end);
    switch (kind) {
      case frames.data:
        this.#messages.set(stream, Buffer.from(payload.subarray(messagePrefixBytes)));
        return;
      case frames.headers:
        if ((flag & flags.endStream) !== 0) this.#ended(stream, payload, flag);
        return;
      case frames.windowUpdate:
        if (stream === 0) this.#widened(payload.readUInt32BE(0));
        return;
      case frames.settings:
        if ((flag & flags.acknowledged) === 0)
          this.#socket?.append(frame(frames.settings, flags.acknowledged, 0, Buffer.alloc(0)));
        return;
      case frames.ping:
        if ((flag & flags.acknowledged) === 0)
          this.#socket?.append(frame(frames.ping, flags.acknowledged, 0, payload));
        return;
      case frames.reset:
      case frames.goAway:
        throw new Error(`the server ended stream ${stream} with ${payload.toString('hex')}`);
    }
  }

  #ended(stream: number, headers: Buffer, flag: number): void {
    const message = this.#messages.get(stream);
    this.#messages.delete(stream);
    if (
      (flag & (flags.padded | flags.priority)) !== 0 ||
      !headers.includes(statusIsFine) ||
      message === undefined
    )
      throw new Error(`a call did not end with grpc-status 0 but with ${headers.toString('latin1')}`);
    this.#events.answered(stream, message);
  }

  #widened(bytes: number): void {
    this.#sendWindow += bytes;
    while (this.#waiting.length > 0 && this.#admit(this.#waiting[0] as Buffer))
      this.#socket?.append(this.#waiting.shift() as Buffer);
  }

  #giveBack(bytes: number): void {
    this.#received += bytes;
    if (this.#received < windowPortionBytes) return;
    this.#socket?.append(frame(frames.windowUpdate, 0, 0, uint32(this.#received)));
    this.#received = 0;
  }
}
