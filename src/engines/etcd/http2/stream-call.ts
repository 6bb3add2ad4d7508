/**
 * One gRPC call on a stream of HTTP/2: sends messages, hands over those that come, and ends once, with gRPC's status
 * or with what became of the stream.
 */
import { type ClientHttp2Stream, constants, type IncomingHttpHeaders } from 'node:http2';
import { CallFailure } from './call-failure.ts';
import { MessageFrames, messageFrame } from './message-frames.ts';

export interface StreamHandler {
  /** A view that is valid during the call only, unless the handler is the last to use it. */
  message(bytes: Uint8Array): void;
  /** Called once, the last call. Without a failure: status 0. */
  ended(failure: CallFailure | undefined): void;
}

export interface StreamCallOptions {
  readonly stream: ClientHttp2Stream;
  readonly answerBytesMax: number;
  readonly handler: StreamHandler;
  /** Something came, whatever it was. */
  readonly heard: () => void;
  /** It is over, in whatever way; called once. */
  readonly released: () => void;
}

const unknownStatus = -1;

export class StreamCall {
  readonly #stream: ClientHttp2Stream;
  readonly #handler: StreamHandler;
  readonly #frames: MessageFrames;
  readonly #released: () => void;
  #status = unknownStatus;
  #statusMessage = '';
  #isOver = false;

  constructor({ stream, answerBytesMax, handler, heard, released }: StreamCallOptions) {
    this.#stream = stream;
    this.#handler = handler;
    this.#released = released;
    this.#frames = new MessageFrames(answerBytesMax);
    stream.on('response', (headers) => {
      heard();
      this.#onResponse(headers);
    });
    stream.on('data', (bytes: Uint8Array) => {
      heard();
      this.#onData(bytes);
    });
    stream.on('trailers', (headers) => this.#readStatus(headers));
    stream.on('end', () => {
      if (this.#status !== unknownStatus) this.#end(this.#statusFailure());
    });
    stream.on('error', (error) => this.#end(streamFailure(stream, error)));
    stream.on('close', () => this.#end(this.#closeFailure()));
  }

  send(message: Uint8Array): void {
    if (!this.#isOver) this.#stream.write(messageFrame(message));
  }

  /** The last message from this side. */
  sendLast(message: Uint8Array): void {
    if (!this.#isOver) this.#stream.end(messageFrame(message));
  }

  /** Nobody waits for it any more; the handler hears nothing. */
  cancel(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#released();
    this.#stream.close(constants.NGHTTP2_CANCEL);
  }

  #onResponse(headers: IncomingHttpHeaders): void {
    const status = headers[':status'];
    if (Number(status) !== 200) {
      const message = `HTTP status ${status} is no answer to a gRPC call`;
      this.#fail(new CallFailure({ kind: 'protocol', message, isUnsent: false }));
    } else this.#readStatus(headers);
  }

  #onData(bytes: Uint8Array): void {
    if (this.#isOver) return;
    try {
      for (const message of this.#frames.take(bytes)) if (!this.#isOver) this.#handler.message(message);
    } catch (error) {
      if (!(error instanceof CallFailure)) throw error;
      this.#fail(error);
    }
  }

  #readStatus(headers: IncomingHttpHeaders): void {
    const status = headers['grpc-status'];
    if (status === undefined) return;
    this.#status = Number(status);
    this.#statusMessage = decodedMessage(String(headers['grpc-message'] ?? ''));
  }

  #statusFailure(): CallFailure | undefined {
    if (this.#status === 0) return undefined;
    return new CallFailure({
      kind: 'status',
      message: this.#statusMessage,
      isUnsent: false,
      status: this.#status,
    });
  }

  #closeFailure(): CallFailure | undefined {
    if (this.#status !== unknownStatus) return this.#statusFailure();
    return streamFailure(this.#stream, undefined);
  }

  #fail(failure: CallFailure): void {
    this.#end(failure);
    this.#stream.close(constants.NGHTTP2_CANCEL);
  }

  #end(failure: CallFailure | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#released();
    this.#handler.ended(failure);
  }
}

/** The server says of a stream that it refuses, or that its farewell leaves out, that it has not looked at it. */
function streamFailure(stream: ClientHttp2Stream, cause: Error | undefined): CallFailure {
  const isUnsent = stream.rstCode === constants.NGHTTP2_REFUSED_STREAM;
  const message = cause?.message ?? `the stream was closed with code ${stream.rstCode} and no answer`;
  return new CallFailure({ kind: 'unreachable', message, isUnsent, cause });
}

/** gRPC writes what is not plain ASCII with a percent sign and two digits. */
function decodedMessage(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}
