/**
 * As much of etcd's API as the runner needs, over the JSON gateway that its servers carry: bytes in base64, 64-bit
 * numbers as text. A request goes to one server and is answered or fails; what is known of the outcome of a failure
 * is said by the error, as everywhere here.
 */
import { Agent, type IncomingMessage, request } from 'node:http';
import { createInterface } from 'node:readline';
import { type Outcome, QuorateError } from '../../src/base/index.ts';

/** Fields that are absent are zero or empty: the gateway leaves them out. */
export interface GatewayReply {
  readonly header?: { readonly revision?: string; readonly member_id?: string; readonly raft_term?: string };
  readonly kvs?: readonly GatewayPair[];
  readonly succeeded?: boolean;
  readonly leader?: string;
  readonly raftTerm?: string;
  readonly raftAppliedIndex?: string;
  readonly error?: string;
  readonly result?: {
    readonly created?: boolean;
    readonly canceled?: boolean;
    readonly events?: readonly { readonly type?: string; readonly kv: GatewayPair }[];
  };
}

interface GatewayPair {
  readonly key: string;
  readonly value?: string;
  readonly mod_revision?: string;
}

const replyBytesMax = 64 << 20;

export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

export function fromBase64(text: string | undefined): string {
  return Buffer.from(text ?? '', 'base64').toString();
}

/** The end of the range of all keys with this prefix, for prefixes of ASCII. */
export function prefixEnd(prefix: string): string {
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
}

export class Gateway {
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });

  constructor(port: number) {
    this.#port = port;
  }

  async call(path: string, body: object, timeoutMs: number): Promise<GatewayReply> {
    const response = await this.#send(path, body, AbortSignal.timeout(timeoutMs));
    let text = '';
    try {
      for await (const piece of response.setEncoding('utf8')) {
        text += String(piece);
        if (text.length > replyBytesMax) throw new Error('the reply is too large');
      }
    } catch (cause) {
      throw failed(this.#port, cause, 'unknown');
    }
    const reply = JSON.parse(text) as GatewayReply;
    if (reply.error !== undefined) throw failed(this.#port, new Error(reply.error), 'unknown');
    return reply;
  }

  /** Lines of a stream, until it breaks or the signal ends it. */
  async *stream(
    path: string,
    body: object,
    signal: AbortSignal,
  ): AsyncGenerator<GatewayReply, void, undefined> {
    const response = await this.#send(path, body, signal);
    try {
      for await (const line of createInterface({ input: response })) yield JSON.parse(line) as GatewayReply;
    } finally {
      response.destroy();
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #send(path: string, body: object, signal: AbortSignal): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const sending = request({
        host: '127.0.0.1',
        port: this.#port,
        path,
        method: 'POST',
        agent: this.#agent,
        signal,
      });
      sending.once('response', resolve);
      sending.once('error', (cause) => {
        const isRefused = 'code' in cause && cause.code === 'ECONNREFUSED';
        reject(failed(this.#port, cause, isRefused ? 'not-applied' : 'unknown'));
      });
      sending.end(JSON.stringify(body));
    });
  }
}

function failed(port: number, cause: unknown, outcome: Outcome): QuorateError<'network-failed'> {
  const address = `127.0.0.1:${port}`;
  return new QuorateError({
    code: 'network-failed',
    message: `etcd at ${address} did not answer: ${String(cause)}`,
    data: { operation: 'request', address, system: '' },
    cause,
    outcome,
  });
}
