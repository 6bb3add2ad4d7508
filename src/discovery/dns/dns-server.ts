/**
 * Answers resolvers by UDP and TCP on one port, from views in memory: for programs that know no registry and look a
 * name up. It answers for its own zone and refuses all others; it is no resolver.
 */
import { channel } from 'node:diagnostics_channel';
import { type Duration, durationMs, invalidOption, isQuorateError, Prng } from '../../base/index.ts';
import type {
  Address,
  Clock,
  Connection,
  DatagramSocket,
  Datagrams,
  Listener,
  Network,
  Random,
} from '../../ports/index.ts';
import { realClock, realDatagrams, realNetwork, realRandom, silentLog } from '../../ports/real/index.ts';
import { DnsAnswerer } from './dns-answerer.ts';
import { DnsCounters, type DnsFigures } from './dns-counters.ts';
import { DnsStream } from './dns-stream.ts';
import { DnsZone, type DnsZoneOptions } from './dns-zone.ts';
import { type NamesOf, ServiceNames } from './service-names.ts';
import { type DnsView, ViewShelf } from './view-shelf.ts';

export interface DnsServerOptions extends Omit<DnsZoneOptions, 'negativeTtlS'> {
  /** Where the answers come from: `(service) => registry.view(service)`. A plain `ServiceView` will do. */
  readonly views: (service: string) => DnsView | Promise<DnsView>;
  /**
   * All services that there are, as they are written: `(options) => registry.list(options)`. Asked at most once a second,
   * when a name is asked for that is not known. Default: a service is found by its name in lower case.
   */
  readonly names?: NamesOf;
  /** Default 127.0.0.1 and port 8600; port 0 takes a free one. */
  readonly listen?: Partial<Address>;
  /** How long a resolver may remember an answer, whole seconds. Default 1 s: longer makes each change later for all. */
  readonly ttl?: Duration;
  /** Services that are kept, for names that were asked for. Default 1,000. */
  readonly namesMax?: number;
  /**
   * Of these, those of which no instance is known and which `names` does not have: anybody can ask for such, and each
   * costs a watch. One more is refused as a failure (SERVFAIL); each goes when it was not asked for in 10 s. Default 100.
   */
  readonly strangersMax?: number;
  /** Questions that wait for the registry at a time; beyond it they are dropped. Default 1,000. */
  readonly questionsMax?: number;
  /** Connections by TCP at a time. Default 100. */
  readonly connectionsMax?: number;
  readonly ports?: Partial<DnsPorts>;
}

export interface DnsPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
  readonly datagrams: Datagrams;
}

/**
 * On `quorate:discovery:dns`: a question could not be answered, because nothing is known of the service; or the names of
 * services could not be read when it was asked for.
 */
export interface DnsEvent {
  readonly service: string;
  readonly error: unknown;
}

const portDefault = 8600;
const openingsMax = 64;
const readyMsMax = 2_000;
const namesEveryMs = 1_000;
const strangerMsMax = 10_000;
const idleMsMax = 10_000;
/** What passes everywhere in one piece, by the measurements of DNS flag day 2020. */
const udpBytesMax = 1232;
const tcpBytesMax = 0xffff;
const freePortTries = 10;

const problems = channel('quorate:discovery:dns');

interface DnsServerInit {
  readonly answerer: DnsAnswerer;
  readonly names: ServiceNames;
  readonly shelf: ViewShelf;
  readonly counters: DnsCounters;
  readonly clock: Clock;
  readonly questionsMax: number;
  readonly connectionsMax: number;
}

/** Listens when it resolves. Rejects with `invalid-option`, `in-use` and `network-failed`. */
export async function dnsServer(options: DnsServerOptions): Promise<DnsServer> {
  const { views, namesMax = 1_000, ttl = '1s' } = options;
  if (typeof views !== 'function')
    throw invalidOption('views', views, 'a function from a service to its view');
  if (options.names !== undefined && typeof options.names !== 'function')
    throw invalidOption('names', options.names, 'a function that resolves to the names of all services');
  const ttlS = durationMs(ttl, 'ttl') / 1_000;
  if (!Number.isInteger(ttlS) || ttlS > 86_400) throw invalidOption('ttl', ttl, 'whole seconds, up to a day');
  const { clock, random, network, datagrams } = portsOf(options.ports ?? {});
  const counters = new DnsCounters();
  const shelf = new ViewShelf({
    views,
    clock,
    namesMax: boundOf('namesMax', namesMax),
    openingsMax,
    readyMsMax,
    strangersMax: boundOf('strangersMax', options.strangersMax ?? 100),
    strangerMsMax,
  });
  const names = new ServiceNames({
    names: options.names,
    clock,
    everyMs: namesEveryMs,
    readMsMax: readyMsMax,
    failed,
  });
  const zone = new DnsZone({ ...options, negativeTtlS: ttlS }, new Prng(random.uint32()));
  const server = new DnsServer({
    answerer: new DnsAnswerer({ zone, names, shelf, counters, ttlS, failed }),
    names,
    shelf,
    counters,
    clock,
    questionsMax: boundOf('questionsMax', options.questionsMax ?? 1_000),
    connectionsMax: boundOf('connectionsMax', options.connectionsMax ?? 100),
  });
  const { host = '127.0.0.1', port = portDefault } = options.listen ?? {};
  await server.listen({ host, port }, network, datagrams);
  return server;
}

function failed(service: string, error: unknown): void {
  if (problems.hasSubscribers) problems.publish({ service, error } satisfies DnsEvent);
}

export class DnsServer implements AsyncDisposable {
  readonly #init: DnsServerInit;
  readonly #streams = new Set<DnsStream>();
  #socket: DatagramSocket | undefined;
  #listener: Listener | undefined;
  #waiting = 0;
  #closing: Promise<void> | undefined;

  /** Use `dnsServer` to make one. */
  constructor(init: DnsServerInit) {
    this.#init = init;
  }

  /** Of both UDP and TCP. */
  get address(): Address {
    return this.#listener?.address ?? { host: '', port: 0 };
  }

  get figures(): DnsFigures {
    const { counters, shelf, names } = this.#init;
    const { queries, replies, dropped, cut } = counters;
    return {
      queries: { ...queries },
      replies: { ...replies },
      dropped: { ...dropped },
      cut,
      names: shelf.size,
      strangers: shelf.strangers,
      strangersRefused: shelf.refused,
      hiddenNames: names.hidden,
    };
  }

  /** By `dnsServer`, once. A free port must be free for both. */
  async listen(address: Address, network: Network, datagrams: Datagrams): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      const socket = await datagrams.open({ address }, (bytes, from) => this.#onDatagram(bytes, from));
      try {
        this.#listener = await network.listen({ address: socket.address }, (one) => this.#accept(one));
        this.#socket = socket;
        return;
      } catch (error) {
        await socket.close();
        const isTaken = isQuorateError(error) && error.code === 'in-use';
        if (!isTaken || address.port !== 0 || tries === freePortTries) throw error;
      }
    }
  }

  /** Frees the port, and closes all views that it has opened. May be called twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#init.names.close();
    this.#init.shelf.close();
    for (const stream of [...this.#streams]) stream.close();
    await Promise.all([this.#socket?.close(), this.#listener?.close()]);
  }

  #onDatagram(bytes: Uint8Array, from: Address): void {
    const { answerer, counters, questionsMax } = this.#init;
    if (this.#waiting >= questionsMax) {
      counters.dropped.overloaded += 1;
      return;
    }
    this.#waiting += 1;
    const bytesMax = Math.min(udpBytesMax, this.#socket?.bytesMax ?? udpBytesMax);
    answerer.answer(bytes.slice(), { transport: 'udp', bytesMax }).then(
      (reply) => {
        this.#waiting -= 1;
        // A port of 0 is nobody's: such a packet was made by hand.
        if (reply !== undefined && from.port !== 0 && this.#closing === undefined)
          this.#socket?.send(reply, from);
      },
      (error: unknown) => {
        this.#waiting -= 1;
        throw error;
      },
    );
  }

  #accept(connection: Connection): void {
    const { answerer, counters, clock, connectionsMax } = this.#init;
    if (this.#streams.size >= connectionsMax || this.#closing !== undefined) {
      counters.dropped['too-many-connections'] += 1;
      connection.start(deaf);
      connection.destroy();
      return;
    }
    const stream: DnsStream = new DnsStream({
      connection,
      clock,
      idleMsMax,
      answer: (bytes) => answerer.answer(bytes, { transport: 'tcp', bytesMax: tcpBytesMax }),
      slow: () => {
        counters.dropped.slow += 1;
      },
      ended: () => this.#streams.delete(stream),
    });
    this.#streams.add(stream);
  }
}

const deaf = {
  received: () => undefined,
  drained: () => undefined,
  ended: () => undefined,
  closed: () => undefined,
};

function portsOf(given: Partial<DnsPorts>): DnsPorts {
  return {
    clock: given.clock ?? realClock(),
    random: given.random ?? realRandom(),
    network: given.network ?? realNetwork({ log: silentLog() }),
    datagrams: given.datagrams ?? realDatagrams(),
  };
}

function boundOf(option: string, value: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= 1_000_000) return value;
  throw invalidOption(option, value, 'a whole number from 1 to 1,000,000');
}
