/**
 * As much of a NATS server with JetStream as the engine speaks to, in memory: one stream whose messages have one
 * order, consumers that deliver it, purges. It loses what a test tells it to lose: answers, connections, data. What
 * a real server does beyond that is for `nats.engine.ts`.
 */
import type { NatsMessage, NatsModule, NatsServerInfo } from '../../../src/engines/nats/nats-module.ts';
import type { Network } from '../../../src/ports/index.ts';
import { type Answering, FakeConnection } from './fake-connection.ts';
import { FakeHeaders } from './fake-headers.ts';

interface Stored {
  readonly sequence: number;
  readonly subject: string;
  readonly data: Uint8Array;
  readonly headers: ReadonlyMap<string, string>;
  readonly takenMs: number;
}

interface Consumer {
  readonly server: string | undefined;
  readonly inbox: string;
  readonly filter: string;
  next: number;
  delivered: number;
}

export class FakeServer implements Answering {
  readonly connections: Set<FakeConnection> = new Set();
  /** Publications that are to be taken and not answered. */
  loseAnswers = 0;
  /** Publications that are to be lost before they are taken. */
  loseQuestions = 0;
  /** Consumers that are to be made and not answered for. */
  loseConsumers = 0;
  /** By so many its consumers miscount what is left for them. */
  miscount = 0;
  /** Messages of these subjects its consumers leave out, each so often. */
  readonly leftOut: Map<string, number> = new Map();
  /** So many questions for a message are answered by one that led once, and has none. */
  deposed = 0;
  /** For which next messages it was asked. */
  readonly asked: string[] = [];
  /** How many consumers were asked for. */
  consumersMade = 0;
  copies = 1;
  /** The servers of a cluster; consumers are on one after the other. */
  servers: readonly string[] = [];
  leader: string | undefined;
  /** Where the next consumers are. */
  readonly placed: string[] = [];
  /** The servers on which consumers are have nothing beyond there yet when these begin. */
  endsAt: number = Number.POSITIVE_INFINITY;
  /** What a server has in its copy, in place of a message or where there is none; undefined for nothing. */
  readonly #wrong = new Map<string, Map<number, Stored | undefined>>();
  jetStream = true;
  version = '2.9.10';
  /** Runs once while the answer to the next question for a message is on its way. */
  behindAnswer: (() => void) | undefined;
  /** Runs before each publication is taken, as if somebody else had been faster. */
  before: ((subject: string) => void) | undefined;
  nowMs = 1_000;
  #stream: { born: string; last: number; messages: Stored[]; config: Record<string, unknown> } | undefined;
  #consumers: Consumer[] = [];
  #births = 0;

  /** The package, connecting to this server. */
  readonly module: NatsModule = {
    connect: () => {
      const connection = new FakeConnection(this);
      this.connections.add(connection);
      return Promise.resolve(connection);
    },
    headers: () => new FakeHeaders(),
    credsAuthenticator: () => undefined,
  };

  /** What greets whoever connects, before it speaks. */
  readonly network: Network = {
    listen: () => Promise.reject(new Error('nobody listens here')),
    connect: ({ address }) =>
      Promise.resolve({
        remote: address,
        start: ({ received }) => received(new TextEncoder().encode('INFO {}\r\n')),
        write: () => true,
        pause: () => undefined,
        resume: () => undefined,
        end: () => undefined,
        destroy: () => undefined,
      }),
  };

  get info(): NatsServerInfo {
    const { version, jetStream } = this;
    return { version, max_payload: 1_048_576, headers: true, jetstream: jetStream };
  }

  get messages(): readonly Stored[] {
    return this.#stream?.messages ?? [];
  }

  /** The stream as if it had been made by somebody else. */
  makeStream(config: Record<string, unknown>): void {
    this.#births += 1;
    this.#stream = { born: `birth ${this.#births}`, last: 0, messages: [], config };
  }

  /** Tells another date of the same stream, as a server of a cluster may when another one leads. */
  redate(): void {
    this.#births += 1;
    if (this.#stream !== undefined) this.#stream.born = `birth ${this.#births}`;
  }

  /** Its messages from there on are gone, and it gives out their sequences again. */
  loseFrom(sequence: number): void {
    if (this.#stream === undefined) return;
    this.#stream.last = sequence - 1;
    this.#stream.messages = this.#stream.messages.filter((message) => message.sequence < sequence);
  }

  /** Drops messages as a server does that keeps only so many of a subject. */
  evict(name: string, below: number): void {
    this.#keepOnly(({ subject, sequence }) => subject !== name || sequence >= below);
  }

  deleteStream(): void {
    this.#stream = undefined;
    this.#consumers = [];
  }

  /** Takes a message as if another program had published it; delivers it. */
  append(
    subject: string,
    headers: Iterable<readonly [string, string]>,
    data: Uint8Array = new Uint8Array(0),
  ): number {
    const stream = this.#stream;
    if (stream === undefined) throw new Error('the fake server has no stream');
    const { nowMs: takenMs } = this;
    const message = { sequence: stream.last + 1, subject, data, headers: new Map(headers), takenMs };
    stream.last = message.sequence;
    stream.messages.push(message);
    this.#deliver();
    return message.sequence;
  }

  /** One server keeps something else in place of a message, or nothing. */
  displace(
    server: string,
    sequence: number,
    other?: { readonly subject: string; readonly headers: Iterable<readonly [string, string]> },
  ): void {
    const copy = this.#wrong.get(server) ?? new Map<number, Stored | undefined>();
    this.#wrong.set(server, copy);
    const data = new TextEncoder().encode('never acknowledged');
    const takenMs = this.nowMs - 1;
    copy.set(
      sequence,
      other && { sequence, subject: other.subject, data, headers: new Map(other.headers), takenMs },
    );
  }

  /** The answer to a request; undefined when there is none. */
  answer(subject: string, body: Uint8Array, headers: FakeHeaders | undefined): unknown {
    if (!subject.startsWith('$JS.API.')) return this.#publish(subject, body, headers);
    const request = body.length === 0 ? {} : JSON.parse(new TextDecoder().decode(body));
    const [, , kind, action, what] = subject.split('.');
    if (kind === 'STREAM' && action === 'CREATE') {
      if (this.#stream === undefined) this.makeStream(request);
      return this.#info();
    }
    if (this.#stream === undefined) return refused(404, 10_059, 'stream not found');
    if (action === 'MSG') return what === 'GET' ? this.#find(request) : this.#remove(request);
    if (kind === 'CONSUMER') return this.#consume(request);
    return this.#info();
  }

  /** Consumers whose listener is gone are gone. */
  forget(inbox: string): void {
    this.#consumers = this.#consumers.filter((consumer) => consumer.inbox !== inbox);
  }

  #publish(subject: string, data: Uint8Array, headers: FakeHeaders | undefined): unknown {
    if (this.loseQuestions > 0) {
      this.loseQuestions -= 1;
      return undefined;
    }
    const { before } = this;
    this.before = undefined;
    before?.(subject);
    if (this.#stream === undefined) return 'nobody';
    const seq = this.append(subject, headers?.entries() ?? [], data);
    if (this.loseAnswers === 0) return { stream: 'QUORATE', seq };
    this.loseAnswers -= 1;
    return undefined;
  }

  #info(): unknown {
    const { born, last, config } = this.#stream ?? { born: '', last: 0, config: {} };
    return {
      created: born,
      config: { ...config, num_replicas: this.copies },
      state: { last_seq: last },
      ...this.#clusterOf(this.leader),
    };
  }

  #clusterOf(leader: string | undefined): { cluster?: { leader: string } } {
    return leader === undefined ? {} : { cluster: { leader } };
  }

  #copyOf(server: string | undefined): readonly Stored[] {
    const wrong = this.#wrong.get(server ?? '');
    if (wrong === undefined) return this.messages;
    return this.messages
      .map((message) => (wrong.has(message.sequence) ? wrong.get(message.sequence) : message))
      .filter((message) => message !== undefined);
  }

  #find({ seq, next_by_subj: wanted }: { seq: number; next_by_subj?: string }): unknown {
    this.asked.push(wanted ?? String(seq));
    const isIt = ({ sequence, subject }: Stored): boolean =>
      wanted === undefined ? sequence === seq : sequence >= seq && matches(wanted, subject);
    const message = this.#copyOf(this.leader).find(isIt);
    const { behindAnswer } = this;
    this.behindAnswer = undefined;
    behindAnswer?.();
    if (message === undefined || this.deposed > 0) {
      this.deposed = Math.max(0, this.deposed - 1);
      return refused(404, 10_037, 'no message found');
    }
    const data = Buffer.from(message.data).toString('base64');
    const time = new Date(message.takenMs).toISOString();
    return { message: { subject: message.subject, seq: message.sequence, data, time } };
  }

  #remove({ seq }: { seq: number }): unknown {
    if (!this.messages.some(({ sequence }) => sequence === seq))
      return refused(400, 10_043, 'sequence not found');
    this.#keepOnly(({ sequence }) => sequence !== seq);
    return { success: true };
  }

  #keepOnly(stays: (message: Stored) => boolean): void {
    if (this.#stream !== undefined) this.#stream.messages = this.#stream.messages.filter(stays);
  }

  #consume({
    config,
  }: {
    config: { deliver_subject: string; filter_subject: string; opt_start_seq: number };
  }): unknown {
    const { deliver_subject: inbox, filter_subject: filter, opt_start_seq: from } = config;
    const next = Math.min(from, this.endsAt + 1);
    const server = this.placed.shift() ?? this.servers[this.consumersMade % this.servers.length];
    const consumer = { server, inbox, filter, next, delivered: 0 };
    this.#consumers.push(consumer);
    this.consumersMade += 1;
    const pending = this.#pending(consumer).length;
    setImmediate(() => this.#deliver());
    if (this.loseConsumers === 0) return { num_pending: pending, ...this.#clusterOf(server) };
    this.loseConsumers -= 1;
    return undefined;
  }

  #pending({ server, filter, next }: Consumer): Stored[] {
    return this.#copyOf(server).filter(
      ({ sequence, subject }) => sequence >= next && matches(filter, subject),
    );
  }

  #leavesOut({ subject }: Stored): boolean {
    const times = this.leftOut.get(subject) ?? 0;
    this.leftOut.set(subject, times - 1);
    return times > 0;
  }

  #deliver(): void {
    for (const consumer of this.#consumers) {
      const pending = this.#pending(consumer);
      for (const [at, message] of pending.entries()) {
        consumer.next = message.sequence + 1;
        if (this.#leavesOut(message)) continue;
        consumer.delivered += 1;
        const left = pending.length - at - 1 + this.miscount;
        const place = `1.${message.sequence}.${consumer.delivered}.${message.takenMs * 1e6}.${left}`;
        const delivered: NatsMessage = {
          subject: message.subject,
          reply: `$JS.ACK.QUORATE.c.${place}`,
          data: message.data,
          headers: new FakeHeaders(message.headers),
          respond: () => true,
        };
        for (const connection of this.connections) connection.deliver(consumer.inbox, delivered);
      }
    }
  }
}

function matches(filter: string, subject: string): boolean {
  if (!filter.endsWith('*')) return subject === filter;
  const base = filter.slice(0, -1);
  return subject.startsWith(base) && !subject.slice(base.length).includes('.');
}

function refused(code: number, errorCode: number, description: string): unknown {
  return { error: { code, err_code: errorCode, description } };
}
