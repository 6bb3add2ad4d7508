/**
 * Where connections come in. Whoever stands before the door is a stranger until its hello has shown who it is;
 * strangers, and clients, are bounded in number, so that members always find a way in.
 */
import type { Hello } from '../net/index.ts';
import type { Address, Connection, Listener } from '../ports/index.ts';
import type { MemberId, Message } from '../raft/index.ts';
import { checkHello, tooManyClients } from './admission.ts';
import type { ClientService } from './client-service.ts';
import { Incoming } from './incoming.ts';
import type { NodeLevels } from './node-levels.ts';
import type { NodeOptions } from './options.ts';
import type { SnapshotIntake } from './snapshot-intake.ts';
import type { NodeTls, TransportSecurity } from './transport-security.ts';

export interface FrontDoorOptions {
  readonly node: NodeOptions;
  readonly security: TransportSecurity;
  readonly levels: NodeLevels;
  readonly clients: ClientService;
  readonly receive: (message: Message) => void;
  readonly intake: (connection: Connection, from: MemberId) => SnapshotIntake;
  readonly onPeerLost: (member: MemberId) => void;
  /** A member says where it listens. */
  readonly heard: (member: MemberId, address: Address) => void;
}

/** Connections that may be without a hello at once; each has a few seconds for it. */
const strangersMax = 1024;
/** Clients that may be nobody where they must be somebody; the one that came first goes. */
const nobodiesMax = 1024;

export class FrontDoor {
  readonly #options: FrontDoorOptions;
  readonly #incoming = new Set<Incoming>();
  /** Those of them that have said no hello yet, and those that are clients. */
  readonly #strangers = new Set<Incoming>();
  readonly #clientConnections = new Set<Incoming>();
  /** Clients that may be nobody yet, in the order in which they came. */
  readonly #newcomers = new Set<Incoming>();
  #listener: Listener | undefined;
  #isClosed = false;
  /** Connections that were turned away or cut since the start, because of what came on them. */
  refusedConnections = 0;
  #acceptedConnections = 0;

  constructor(options: FrontDoorOptions) {
    this.#options = options;
  }

  /** Where it listens; absent without a listener. */
  get address(): Address | undefined {
    return this.#listener?.address;
  }

  /** Connections since the start, and clients that are connected now. */
  get figures(): { readonly acceptedConnections: number; readonly clients: number } {
    return { acceptedConnections: this.#acceptedConnections, clients: this.#clientConnections.size };
  }

  async listen(address: Address): Promise<void> {
    const { node, security } = this.#options;
    const listening = { address, ...security.listenOptions() };
    this.#listener = await node.machine.network.listen(listening, (connection) => this.#accept(connection));
  }

  reloadTls(tls: NodeTls): void {
    this.#options.security.renew(tls, (server) => this.#listener?.reloadTls(server));
  }

  /** Lets nobody in any more, and ends who is in. */
  closeConnections(): void {
    this.#isClosed = true;
    for (const incoming of this.#incoming) incoming.close();
  }

  /** Frees the port. */
  async closeListener(): Promise<void> {
    await this.#listener?.close();
  }

  #accept(connection: Connection): void {
    // Members must find a way in, whoever else stands before the door.
    if (this.#isClosed || this.#strangers.size >= strangersMax) {
      connection.destroy();
      return;
    }
    this.#acceptedConnections += 1;
    const { node, clients, receive, intake, onPeerLost } = this.#options;
    const { clock, log } = node.machine;
    const incoming = new Incoming(connection, {
      clock,
      log,
      checksum: node.checksum,
      clients,
      ...(this.#options.security.secret === undefined ? {} : { secret: this.#options.security.secret }),
      admit: (hello) => this.#admit(hello, connection, incoming),
      onMessage: receive,
      intake,
      onRefused: () => {
        this.refusedConnections += 1;
      },
      onPeerLost,
      onClosed: () => {
        for (const set of [this.#incoming, this.#strangers, this.#clientConnections, this.#newcomers])
          set.delete(incoming);
        this.#options.levels.closed(incoming);
      },
    });
    this.#incoming.add(incoming);
    this.#strangers.add(incoming);
  }

  #admit(hello: Hello, connection: Connection, incoming: Incoming): void {
    const { node, security, levels, heard } = this.#options;
    checkHello(hello, node.identity);
    security.check(hello, connection);
    levels.check(hello);
    this.#strangers.delete(incoming);
    if (hello.purpose === 'peer') levels.opened(incoming, hello);
    if (hello.purpose === 'peer' && hello.address !== undefined) heard(hello.from, hello.address);
    if (hello.purpose !== 'client') return;
    const { clientsMax = 16_384 } = node;
    if (this.#clientConnections.size >= clientsMax) throw tooManyClients(clientsMax);
    this.#clientConnections.add(incoming);
    this.#newcomers.add(incoming);
    this.#thinOut();
  }

  /** Who has become somebody is none of them any more; it is looked at once, when its turn comes. */
  #thinOut(): void {
    for (const incoming of this.#newcomers) {
      if (this.#newcomers.size <= nobodiesMax) return;
      this.#newcomers.delete(incoming);
      if (!incoming.isNobody) continue;
      this.refusedConnections += 1;
      incoming.close();
    }
  }
}
