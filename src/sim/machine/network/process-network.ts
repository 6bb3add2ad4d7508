/** The network port of one simulated process. */
import { assert, invalidOption } from '../../../base/index.ts';
import {
  type Address,
  addressText,
  type Connection,
  type ConnectOptions,
  type Listener,
  type ListenOptions,
  type Network,
  type ServerTls,
} from '../../../ports/index.ts';
import type { Incarnation } from '../kernel/index.ts';
import { Dial } from './dial.ts';
import type { Host, HostListener } from './host.ts';
import { checkAddress, networkFailed, portInUse } from './network-errors.ts';
import { SimConnection } from './sim-connection.ts';
import type { SimNetwork } from './sim-network.ts';

/** How long the kernel takes to open a port. */
const listenMs = 0.05;

export class ProcessNetwork implements Network {
  readonly #network: SimNetwork;
  readonly #host: Host;
  readonly #incarnation: Incarnation;

  constructor(network: SimNetwork, host: Host, incarnation: Incarnation) {
    this.#network = network;
    this.#host = host;
    this.#incarnation = incarnation;
  }

  async listen(options: ListenOptions, accept: (connection: Connection) => void): Promise<Listener> {
    checkAddress(options.address, 0);
    return new Promise<Listener>((resolve, reject) => {
      const incarnation = this.#incarnation;
      if (incarnation.point()) return;
      incarnation.scheduler.after(listenMs, () => {
        if (!incarnation.alive) return;
        const refusal = this.#refusal(options.address);
        const listener = refusal === undefined ? this.#open(options, accept) : undefined;
        incarnation.deliverInput(() => (listener === undefined ? reject(refusal) : resolve(listener)));
      });
    });
  }

  async connect(options: ConnectOptions): Promise<Connection> {
    checkAddress(options.address, 1);
    return new Promise<Connection>((resolve, reject) => {
      if (this.#incarnation.point()) return;
      new Dial(this.#network, this.#host, this.#incarnation, options, resolve, reject).begin();
    });
  }

  #refusal(address: Address): Error | undefined {
    if (!this.#host.answersTo(address.host)) return networkFailed('listen', address, 'EADDRNOTAVAIL');
    const holder = this.#host.listeners.get(address.port)?.incarnation.name;
    return holder === undefined ? undefined : portInUse(address, holder);
  }

  #open({ address, tls }: ListenOptions, accept: (connection: Connection) => void): Listener {
    const port = address.port === 0 ? this.#host.freePort() : address.port;
    const listener = new SimListener(
      this.#host,
      this.#incarnation,
      { host: address.host, port },
      tls,
      accept,
    );
    this.#host.listeners.set(port, listener);
    return listener;
  }
}

class SimListener implements Listener, HostListener {
  readonly address: Address;
  readonly incarnation: Incarnation;
  readonly #host: Host;
  readonly #accept: (connection: Connection) => void;
  #tls: ServerTls | undefined;
  #closed = false;

  constructor(
    host: Host,
    incarnation: Incarnation,
    address: Address,
    tls: ServerTls | undefined,
    accept: (connection: Connection) => void,
  ) {
    this.#host = host;
    this.incarnation = incarnation;
    this.address = address;
    this.#tls = tls;
    this.#accept = accept;
  }

  get tls(): ServerTls | undefined {
    return this.#tls;
  }

  accept(connection: Connection): void {
    if (this.#closed) {
      connection.destroy();
      return;
    }
    this.#accept(connection);
    const isClaimed = connection instanceof SimConnection && connection.claimed;
    assert(
      isClaimed || !this.incarnation.alive,
      'who accepts a connection starts or destroys it before returning',
    );
  }

  reloadTls(tls: ServerTls): void {
    if (this.#tls === undefined) {
      throw invalidOption('tls', 'a certificate', `absent: ${addressText(this.address)} listens without TLS`);
    }
    this.#tls = tls;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.incarnation.alive) this.#host.listeners.delete(this.address.port);
  }
}
