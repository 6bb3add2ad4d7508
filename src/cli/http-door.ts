/**
 * What a node says of itself over HTTP: `/metrics` for Prometheus, `/healthz` and `/readyz` for whoever starts
 * and balances processes, and at `/gossip` who gossips, as it sees them. It only reads, knows no user, and is
 * bounded: few connections, small requests, short waits. What cannot be told is an answer of its own: a question
 * about a node never ends it. Off unless asked for; it should listen where only operators reach it.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Address, Log } from '../ports/index.ts';
import { networkError } from '../ports/real/index.ts';

export interface HttpDoorOptions {
  readonly address: Address;
  readonly metrics: () => string;
  readonly health: () => object;
  /** Absent while the node does not gossip. */
  readonly gossip: () => object | undefined;
  readonly readiness: () => Promise<{ readonly ready: boolean }>;
  /** Hears of answers that failed. */
  readonly log: Log;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const connectionsMax = 64;
const requestMsMax = 10_000;
const idleMsMax = 5_000;
const json = 'application/json; charset=utf-8';
const plain = 'text/plain; charset=utf-8';

export class HttpDoor implements AsyncDisposable {
  readonly address: Address;
  readonly #server: Server;

  /** Rejects with `in-use` or `network-failed` when it cannot listen. */
  static async open(options: HttpDoorOptions): Promise<HttpDoor> {
    const server = createServer({
      requestTimeout: requestMsMax,
      headersTimeout: requestMsMax,
      keepAliveTimeout: idleMsMax,
      maxHeaderSize: 8 * 1024,
    });
    server.maxConnections = connectionsMax;
    server.on('request', (request, response) => void respond(options, request, response));
    const { host, port } = options.address;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(networkError('listen', options.address, error)));
      server.listen({ host, port, exclusive: true }, resolve);
    });
    return new HttpDoor(server, { host, port: (server.address() as AddressInfo).port });
  }

  private constructor(server: Server, address: Address) {
    this.#server = server;
    this.address = address;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }
}

async function respond(
  options: HttpDoorOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // Nothing that is sent along matters here; what is not read keeps its sender waiting.
  request.resume();
  const { status, type, body } = await safeAnswerTo(options, request);
  const headers = {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  };
  response.writeHead(status, headers).end(request.method === 'HEAD' ? undefined : body);
}

async function safeAnswerTo(options: HttpDoorOptions, request: IncomingMessage): Promise<Answer> {
  try {
    return await answerTo(options, request);
  } catch (error) {
    options.log.error('question about the node not answered', { url: request.url, error });
    return { status: 500, type: plain, body: 'this cannot be told now; the log of the node says why\n' };
  }
}

async function answerTo(options: HttpDoorOptions, { method, url }: IncomingMessage): Promise<Answer> {
  if (method !== 'GET' && method !== 'HEAD')
    return { status: 405, type: plain, body: 'only GET and HEAD are answered here\n' };
  switch (url?.split('?', 1)[0]) {
    case '/metrics':
      return { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body: options.metrics() };
    case '/healthz':
      return { status: 200, type: json, body: `${JSON.stringify(options.health())}\n` };
    case '/gossip':
      return gossipAnswer(options);
    case '/readyz':
      return await readinessAnswer(options);
    default:
      return { status: 404, type: plain, body: 'there are /metrics, /healthz, /readyz and /gossip\n' };
  }
}

/** A node that is stopping fails its reads: then it is not ready, and nothing else is wrong. */
async function readinessAnswer({ readiness }: HttpDoorOptions): Promise<Answer> {
  const found = await readiness();
  return { status: found.ready ? 200 : 503, type: json, body: `${JSON.stringify(found)}\n` };
}

function gossipAnswer({ gossip }: HttpDoorOptions): Answer {
  const found = gossip();
  if (found === undefined) return { status: 404, type: plain, body: 'this node does not gossip\n' };
  return { status: 200, type: json, body: `${JSON.stringify(found)}\n` };
}
