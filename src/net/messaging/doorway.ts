/** Where others connect to this program: strangers, and those who are let in, are bounded in number. */
import type { Address, Clock, Connection, Listener, Log, Network } from '../../ports/index.ts';
import { farewell } from '../farewell.ts';
import type { Checksum } from '../frame.ts';
import { type Hello, helloRefused } from '../hello.ts';
import { asServer, checkName, type MessagingTls } from './messaging-tls.ts';
import type { Publisher } from './publisher.ts';
import { queueFull } from './refusals.ts';
import type { Services } from './services.ts';
import { ServingSession } from './serving-session.ts';
import type { MessagingTerms } from './terms.ts';
import { Visitor } from './visitor.ts';

export interface DoorwayOptions {
  readonly network: Network;
  readonly clock: Clock;
  readonly log: Log;
  readonly checksum: Checksum;
  readonly cluster: string;
  readonly terms: MessagingTerms;
  readonly services: Services;
  readonly publisher: Publisher;
  readonly unsentBytesMax: number;
  readonly messagesMax: number;
  readonly silenceMsMax: number;
  /** Connections that may be open at once, greeted ones. */
  readonly connectionsMax: number;
}

/** Connections that may be without a hello at once; each has a few seconds for it. */
const strangersMax = 1024;

export class Doorway {
  readonly #options: DoorwayOptions;
  readonly #visitors = new Set<Visitor>();
  readonly #strangers = new Set<Visitor>();
  #tls: MessagingTls | undefined;
  #listener: Listener | undefined;
  #isClosed = false;
  /** Connections that were turned away or cut since the start, because of what came on them. */
  refused = 0;

  constructor(options: DoorwayOptions, tls: MessagingTls | undefined) {
    this.#options = options;
    this.#tls = tls;
  }

  get address(): Address | undefined {
    return this.#listener?.address;
  }

  /** Those who are connected now and have said who they are. */
  get connections(): number {
    return this.#visitors.size - this.#strangers.size;
  }

  async listen(address: Address): Promise<void> {
    const { network, checksum } = this.#options;
    const tls = this.#tls;
    const secured = tls === undefined ? {} : { tls: asServer(tls), farewell: farewell(checksum) };
    this.#listener = await network.listen({ address, ...secured }, (connection) => this.#accept(connection));
  }

  /** From the next handshake on; throws, and keeps the old ones, where they cannot be. */
  reloadTls(tls: MessagingTls): void {
    this.#listener?.reloadTls(asServer(tls));
    this.#tls = tls;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const visitor of [...this.#visitors]) visitor.close();
    await this.#listener?.close();
  }

  #accept(connection: Connection): void {
    if (this.#isClosed || this.#strangers.size >= strangersMax) {
      connection.destroy();
      return;
    }
    const { clock, log, checksum, terms, silenceMsMax } = this.#options;
    const visitor = new Visitor(connection, {
      clock,
      log,
      checksum,
      terms,
      silenceMsMax,
      admit: (hello) => {
        this.#admit(hello, connection);
        this.#strangers.delete(visitor);
      },
      serve: (peerTerms) => new ServingSession({ ...this.#options, connection, peerTerms }),
      onRefused: () => {
        this.refused += 1;
      },
      onClosed: () => {
        this.#visitors.delete(visitor);
        this.#strangers.delete(visitor);
      },
    });
    this.#visitors.add(visitor);
    this.#strangers.add(visitor);
  }

  #admit(hello: Hello, connection: Connection): void {
    const { cluster, connectionsMax } = this.#options;
    if (hello.cluster !== cluster)
      throw helloRefused(
        `it belongs to ${JSON.stringify(hello.cluster)}, and this program to ${JSON.stringify(cluster)}`,
      );
    if (this.#tls !== undefined) checkName(this.#tls, connection);
    if (this.connections >= connectionsMax) throw queueFull('connections of this program', connectionsMax);
  }
}
