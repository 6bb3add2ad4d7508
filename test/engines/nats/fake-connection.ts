/** One client's connection to the server in memory: it carries requests and deliveries, and is lost when a test says so. */
import type {
  NatsConnection,
  NatsHeaders,
  NatsMessage,
  NatsServerInfo,
} from '../../../src/engines/nats/nats-module.ts';
import { FakeHeaders } from './fake-headers.ts';

/** The server, as its connections see it. */
export interface Answering {
  readonly info: NatsServerInfo;
  readonly connections: Set<FakeConnection>;
  answer(subject: string, body: Uint8Array, headers: FakeHeaders | undefined): unknown;
  forget(inbox: string): void;
}

type Callback = (error: Error | null, message: NatsMessage) => void;

export class FakeConnection implements NatsConnection {
  readonly #server: Answering;
  readonly #listeners = new Map<string, Callback>();
  readonly #statuses: { readonly type: string }[] = [];
  readonly #closed = Promise.withResolvers<undefined>();
  #news = Promise.withResolvers<void>();
  #isClosed = false;
  #isLost = false;
  /** What is delivered does not arrive; requests and their answers do. */
  isDeaf = false;
  /** For how long each request was ready to wait. */
  readonly waits: [subject: string, timeoutMs: number][] = [];
  /** Requests that have this in them are beyond the rights of who connects. */
  forbidden: string | undefined;

  constructor(server: Answering) {
    this.#server = server;
  }

  get info(): NatsServerInfo {
    return this.#server.info;
  }

  /** Nothing arrives any more in either direction, until `restore`. */
  lose(): void {
    this.#isLost = true;
    this.#tell('disconnect');
  }

  restore(): void {
    this.#isLost = false;
    this.#tell('reconnect');
  }

  async request(
    subject: string,
    payload: Uint8Array | string,
    { headers, timeout }: { readonly headers?: NatsHeaders; readonly timeout: number },
  ): Promise<NatsMessage> {
    await new Promise((resolve) => setImmediate(resolve));
    this.waits.push([subject, timeout]);
    if (this.#isLost || this.#isClosed) throw named('TimeoutError');
    const body = typeof payload === 'string' ? new TextEncoder().encode(payload) : payload;
    const { forbidden } = this;
    if (forbidden !== undefined && new TextDecoder().decode(body).includes(forbidden))
      throw named('PermissionViolationError');
    const answer = this.#server.answer(subject, body, headers instanceof FakeHeaders ? headers : undefined);
    if (answer === undefined) throw named('TimeoutError');
    if (answer === 'nobody') throw named('NoResponders');
    const data = new TextEncoder().encode(JSON.stringify(answer));
    return { subject, data, respond: () => true };
  }

  subscribe(subject: string, { callback }: { readonly callback: Callback }): { unsubscribe(): void } {
    this.#listeners.set(subject, callback);
    const unsubscribe = (): void => {
      this.#listeners.delete(subject);
      this.#server.forget(subject);
    };
    return { unsubscribe };
  }

  deliver(inbox: string, message: NatsMessage): void {
    if (!this.#isLost && !this.isDeaf) this.#listeners.get(inbox)?.(null, message);
  }

  /** Heartbeats of all consumers that deliver here, as they come when there is nothing to deliver. */
  beat(): void {
    const headers = new FakeHeaders([], 100);
    for (const [subject, callback] of this.#listeners)
      callback(null, { subject, data: new Uint8Array(0), headers, respond: () => true });
  }

  async *status(): AsyncIterable<{ readonly type: string }> {
    while (true) {
      const next = this.#statuses.shift();
      if (next !== undefined) yield next;
      else if (this.#isClosed) return;
      else await this.#news.promise;
    }
  }

  closed(): Promise<undefined> {
    return this.#closed.promise;
  }

  /** There is one server. */
  setServers(): void {}

  getServers(): readonly { readonly listen: string }[] {
    return [];
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#server.connections.delete(this);
    this.#closed.resolve(undefined);
    this.#wake();
    return Promise.resolve();
  }

  #tell(type: string): void {
    this.#statuses.push({ type });
    this.#wake();
  }

  #wake(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }
}

function named(name: string): Error {
  return Object.assign(new Error(name), { name });
}
