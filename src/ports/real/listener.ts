/**
 * A listening socket. Connections are handed over when they are ready for bytes: at once on plain TCP, after
 * the handshake with TLS. A handshake that never ends costs one socket for a bounded time, and none after
 * `close`.
 */
import { type AddressInfo, createServer, type Server, type ServerOpts, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from 'node:tls';
import { assert, invalidOption } from '../../base/index.ts';
import type { Address, Connection, Listener, ListenOptions, Log, ServerTls } from '../index.ts';
import { RealConnection } from './connection.ts';
import { addressText, networkError } from './network-errors.ts';
import { serverTlsOptions } from './tls-settings.ts';

export interface ListenerSettings {
  readonly log: Log;
  /** Node's options for the sockets that are accepted. */
  readonly socketOptions: ServerOpts;
  readonly handshakeMsMax: number;
}

export type Accept = (connection: Connection) => void;

export function listen(
  options: ListenOptions,
  accept: Accept,
  settings: ListenerSettings,
): Promise<Listener> {
  const { host, port } = options.address;
  const secure = options.tls === undefined ? undefined : new SecureServer(options.tls, settings);
  const server = secure?.server ?? createServer(settings.socketOptions);
  return new Promise<Listener>((resolve, reject) => {
    const refuse = (error: Error): void => reject(networkError('listen', options.address, error));
    server.once('error', refuse);
    // Without `exclusive` two workers of node:cluster would share the port instead of hearing `in-use`.
    server.listen({ host, port, exclusive: true }, () => {
      server.off('error', refuse);
      const address = { host, port: (server.address() as AddressInfo).port };
      resolve(new RealListener({ address, server, secure, accept, log: settings.log }));
    });
  });
}

interface RealListenerInit {
  readonly address: Address;
  readonly server: Server;
  readonly secure: SecureServer | undefined;
  readonly accept: Accept;
  readonly log: Log;
}

class RealListener implements Listener {
  readonly address: Address;
  readonly #server: Server;
  readonly #secure: SecureServer | undefined;
  readonly #accept: Accept;
  #closed = false;

  constructor(init: RealListenerInit) {
    this.address = init.address;
    this.#server = init.server;
    this.#secure = init.secure;
    this.#accept = init.accept;
    const event = init.secure === undefined ? 'connection' : 'secureConnection';
    init.server.on(event, (socket: Socket) => this.#handOver(socket));
    // Such as too many open files: the connection that was refused is lost, the listener goes on.
    init.server.on('error', (error) => {
      init.log.warn('accepting a connection failed', { error: networkError('accept', init.address, error) });
    });
    init.secure?.server.on('tlsClientError', (error, socket) => {
      if (this.#closed) return;
      const cause = refusedCertificate(socket) ?? error;
      init.log.warn('tls handshake failed', {
        remote: addressText(remoteOf(socket)),
        error: networkError('accept', init.address, cause),
      });
      // After a timeout Node leaves this to its users.
      socket.destroy();
    });
  }

  reloadTls(tls: ServerTls): void {
    if (this.#secure === undefined) {
      throw invalidOption('tls', 'a certificate', `absent: ${addressText(this.address)} listens without TLS`);
    }
    this.#secure.reload(tls);
  }

  /** Node's own `close` reports only when the last connection has ended; the port is free before that. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#server.close();
    this.#secure?.abandonHandshakes();
  }

  #handOver(socket: Socket): void {
    if (this.#closed) {
      socket.destroy();
      return;
    }
    const connection = new RealConnection({ socket, remote: remoteOf(socket) });
    this.#accept(connection);
    assert(connection.claimed, 'who accepts a connection starts or destroys it before returning');
  }
}

/** The TLS part of a listener: its certificates, and the sockets whose handshake is under way. */
class SecureServer {
  readonly server: TlsServer;
  readonly #mutual: boolean;
  /** By the remote end's address and port: the raw socket and the secure one made of it share only these. */
  readonly #handshakes = new Map<string, Socket>();

  constructor(tls: ServerTls, settings: ListenerSettings) {
    this.#mutual = tls.clientAuthorities !== undefined;
    this.server = createTlsServer({
      ...settings.socketOptions,
      ...serverTlsOptions(tls),
      handshakeTimeout: settings.handshakeMsMax,
    });
    this.server.on('connection', (socket) => this.#begin(socket));
    this.server.on('secureConnection', (socket) => this.#handshakes.delete(addressText(remoteOf(socket))));
  }

  reload(tls: ServerTls): void {
    const mutual = tls.clientAuthorities !== undefined;
    if (mutual !== this.#mutual) {
      const expected = this.#mutual ? 'present, as it was at first' : 'absent, as it was at first';
      throw invalidOption('tls.clientAuthorities', tls.clientAuthorities?.length, expected);
    }
    this.server.setSecureContext(serverTlsOptions(tls));
  }

  abandonHandshakes(): void {
    for (const socket of this.#handshakes.values()) socket.destroy();
  }

  #begin(socket: Socket): void {
    const key = addressText(remoteOf(socket));
    this.#handshakes.set(key, socket);
    socket.once('close', () => {
      if (this.#handshakes.get(key) === socket) this.#handshakes.delete(key);
    });
  }
}

/** Node checks a client's certificate behind the handshake and hangs up without a word; the reason stays here. */
function refusedCertificate(socket: TLSSocket): Error | undefined {
  const code: unknown = socket.authorizationError;
  return typeof code === 'string' ? Object.assign(new Error(code), { code }) : undefined;
}

/** A socket that was reset before anyone looked no longer knows where it came from. */
function remoteOf(socket: Socket): Address {
  return { host: socket.remoteAddress ?? 'unknown', port: socket.remotePort ?? 0 };
}
