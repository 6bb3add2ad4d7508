/**
 * A network on which every connection that is made is made with TLS. Certificates are asked for anew at each
 * connection, so whoever renews them in place renews what the next handshake shows, and those who make
 * connections know nothing of it.
 */
import type {
  ClientTls,
  Connection,
  ConnectOptions,
  Listener,
  ListenOptions,
  Network,
} from '../ports/index.ts';

export class SecuredNetwork implements Network {
  readonly #network: Network;
  readonly #tls: () => ClientTls;

  constructor(network: Network, tls: () => ClientTls) {
    this.#network = network;
    this.#tls = tls;
  }

  /** As the network beneath: a listener's certificates are its own. */
  listen(options: ListenOptions, accept: (connection: Connection) => void): Promise<Listener> {
    return this.#network.listen(options, accept);
  }

  connect(options: ConnectOptions): Promise<Connection> {
    return this.#network.connect({ tls: this.#tls(), ...options });
  }
}
