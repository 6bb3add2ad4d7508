/** Who answers what: handlers by name, each name once for requests, messages and streams. */
import { invalidOption, QuorateError } from '../../base/index.ts';
import type { Address } from '../../ports/index.ts';
import type { MessageStream } from './message-stream.ts';

/** Who asks. */
export interface Caller {
  readonly address: Address;
  /** The common name of its certificate, where it has shown one. */
  readonly name?: string;
}

/** What a handler knows of the request that it answers. */
export interface RequestContext {
  readonly caller: Caller;
  /** Aborts when the deadline has passed, the caller has given up, or the connection is lost: nobody waits any more. */
  readonly signal: AbortSignal;
  /** For how much longer the caller waits; `Infinity` where it did not say. */
  readonly remainingMs: number;
}

/** What it throws crosses to the caller: an error of ours as it is, anything else as `service-failed`. */
export type RequestHandler = (body: Uint8Array, context: RequestContext) => Uint8Array | Promise<Uint8Array>;

/** What it throws is logged here, and nowhere else. */
export type MessageHandler = (body: Uint8Array, context: { readonly caller: Caller }) => void | Promise<void>;

/**
 * When it returns, its side of the stream is ended, and what it has not read is given up; what it throws aborts the
 * stream, and the other side hears it.
 */
export type StreamHandler = (stream: MessageStream, context: { readonly caller: Caller }) => Promise<void>;

/** Characters of a name. */
const nameMax = 255;

export class Services {
  readonly requests: Map<string, RequestHandler> = new Map();
  readonly messages: Map<string, MessageHandler> = new Map();
  readonly streams: Map<string, StreamHandler> = new Map();
}

/** Throws where the name cannot be, or is taken; the result takes the handler away again. */
export function register<Handler>(
  handlers: Map<string, Handler>,
  name: string,
  handler: Handler,
): () => void {
  if (name === '' || name.length > nameMax) throw invalidOption('name', name, `1 to ${nameMax} characters`);
  if (handlers.has(name)) {
    throw new QuorateError({
      code: 'already-exists',
      message: `${JSON.stringify(name)} has a handler; take that away first, or choose another name`,
      data: { what: 'handler', path: name },
    });
  }
  handlers.set(name, handler);
  return () => {
    if (handlers.get(name) === handler) handlers.delete(name);
  };
}
