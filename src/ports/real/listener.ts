/**
 * A listening socket. Connections are handed over when they are ready for bytes: at once on plain TCP, after
 * the handshake with TLS. A handshake that never ends costs one socket for a bounded time, and none after
 * `close`.
 */
import { type AddressInfo, createServer, type Server, type ServerOpts, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from 'node:tls';
import { assert, invalidOption } from '../../base/index.ts';
import {
  type Address,
  addressText,
  type Connection,
  type Listener,
  type ListenOptions,
  type Log,
  type ServerTls,
} from '../index.ts';
import { RealConnection } from './connection.ts';
import { networkError } from './network-errors.ts';
import { systemCode } from './system-code.ts';
import { serverTlsOptions } from './tls-settings.ts';

export interface ListenerSettings {
  readonly log: Log;
  /** Node's options for the sockets that are accepted. */
  readonly socketOptions: ServerOpts;
  readonly handshakeMsMax: number;
  /** Handshakes that may be under way at once; whoever comes beyond is cut. */
  readonly handshakesMax: number;
}

export type Accept = (connection: Connection) => void;

export function listen(
  options: ListenOptions,
  accept: Accept,
  settings: ListenerSettings,
): Promise<Listener> {
  const { host, port } = options.address;
  const secure =
    options.tls === undefined ? undefined : new SecureServer(options.tls, options.farewell, settings);
  const server = secure?.server ?? createServer(settings.socketOptions);
  return new Promise<Listener>((resolve, reject) => {
    const refuse = (error: Error): void => reject(networkError('listen', options.address, error));
    server.once('error', refuse);
    // Without `exclusive` two workers of node:cluster would share the port instead of hearing `in-use`.
    server.listen({ host, port, exclusive: true }, () => {
      server.off('error', refuse);
      const address = { host, port: (server.address() as AddressInfo).port };
      const { farewell } = options;
      resolve(new RealListener({ address, server, secure, accept, log: settings.log, farewell }));
    });
  });
}

interface RealListenerInit {
  readonly address: Address;
  readonly server: Server;
  readonly secure: SecureServer | undefined;
  readonly accept: Accept;
  readonly log: Log;
  readonly farewell: ListenOptions['farewell'];
}

class RealListener implements Listener {
  readonly address: Address;
  readonly #server: Server;
  readonly #secure: SecureServer | undefined;
  readonly #accept: Accept;
  readonly #log: Log;
  readonly #farewell: ListenOptions['farewell'];
  #closed = false;

  constructor(init: RealListenerInit) {
    this.address = init.address;
    this.#server = init.server;
    this.#secure = init.secure;
    this.#accept = init.accept;
    this.#log = init.log;
    this.#farewell = init.farewell;
    const event = init.secure === undefined ? 'connection' : 'secureConnection';
    init.server.on(event, (socket: Socket) => this.#handOver(socket));
    // Such as too many open files: the connection that was refused is lost, the listener goes on.
    init.server.on('error', (error) => {
      init.log.warn('accepting a connection failed', { error: networkError('accept', init.address, error) });
    });
    init.secure?.server.on('tlsClientError', (error, socket) => {
      this.#refuse(socket, refusedCertificate(socket) ?? error);
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

  #refuse(socket: Socket, cause: Error): void {
    const error = networkError('accept', this.address, cause);
    if (!this.#closed)
      this.#log.warn('tls handshake failed', { remote: addressText(remoteOf(socket)), error });
    if (this.#closed || !this.#secure?.hasLastWords(socket, cause, () => this.#farewell?.(error))) {
      // After a timeout Node leaves this to its users.
      socket.destroy();
    }
  }

  #handOver(socket: Socket): void {
    if (this.#closed) {
      socket.destroy();
      return;
    }
    const unfit = this.#secure?.unfit(socket as TLSSocket);
    if (unfit !== undefined) {
      this.#refuse(socket, unfit);
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
  readonly #clients: ClientCertificates;
  readonly #handshakesMax: number;
  readonly #log: Log;
  /** By the remote end's address and port: the raw socket and the secure one made of it share only these. */
  readonly #handshakes = new Map<string, Socket>();

  constructor(tls: ServerTls, farewell: ListenOptions['farewell'], settings: ListenerSettings) {
    this.#clients = clientCertificates(tls);
    this.#handshakesMax = settings.handshakesMax;
    this.#log = settings.log;
    this.server = createTlsServer({
      ...settings.socketOptions,
      ...serverTlsOptions(tls),
      // Node would refuse a missing certificate like a wrong one, and either without a word.
      rejectUnauthorized: this.#clients === 'required' && farewell === undefined,
      handshakeTimeout: settings.handshakeMsMax,
    });
    this.server.on('connection', (socket) => this.#begin(socket));
  }

  reload(tls: ServerTls): void {
    const clients = clientCertificates(tls);
    if (clients !== this.#clients) {
      throw invalidOption('tls.clientCertificates', clients, `${this.#clients}, as it was at first`);
    }
    this.server.setSecureContext(serverTlsOptions(tls));
  }

  /** Why this client may not come in; otherwise its handshake is done. */
  unfit(socket: TLSSocket): Error | undefined {
    if (this.#clients !== 'none' && !socket.authorized) {
      if (showsCertificate(socket)) return refusedCertificate(socket) ?? new Error('it could not be checked');
      if (this.#clients === 'required') return noCertificate();
    }
    this.#handshakes.delete(addressText(remoteOf(socket)));
    return undefined;
  }

  /**
   * Tells who is refused why, where it can be told: in plain text who spoke so, by the listener's own words whose
   * handshake is done. False: there is nothing to say.
   */
  hasLastWords(socket: Socket, cause: Error, farewell: () => Uint8Array | undefined): boolean {
    const raw = this.#handshakes.get(addressText(remoteOf(socket)));
    if (raw !== undefined && plainCodes.has(systemCode(cause))) {
      this.#dismiss(raw, plainAlert);
      return true;
    }
    const words =
      (socket as TLSSocket).getCipher?.() === undefined || !socket.writable ? undefined : farewell();
    if (words !== undefined) this.#dismiss(socket, words);
    return words !== undefined;
  }

  /** Says the last words. Until the client has taken them, or time is over, it counts as one in its handshake. */
  #dismiss(socket: Socket, words: Uint8Array): void {
    const timer = setTimeout(() => socket.destroy(), dismissMsMax);
    socket.once('close', () => clearTimeout(timer));
    socket.on('error', () => socket.destroy());
    socket.on('end', () => socket.destroy());
    socket.resume();
    socket.end(words);
  }

  abandonHandshakes(): void {
    for (const socket of this.#handshakes.values()) socket.destroy();
  }

  #begin(socket: Socket): void {
    const key = addressText(remoteOf(socket));
    if (this.#handshakes.size >= this.#handshakesMax) {
      this.#log.warn('too many tls handshakes', { remote: key, limit: this.#handshakesMax });
      socket.destroy();
      return;
    }
    this.#handshakes.set(key, socket);
    socket.once('close', () => {
      if (this.#handshakes.get(key) === socket) this.#handshakes.delete(key);
    });
  }
}

/** What OpenSSL says of a client that speaks no TLS at all. */
const plainCodes: ReadonlySet<string> = new Set([
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_HTTP_REQUEST',
]);

/** A fatal alert `protocol_version` (RFC 8446 §6.2): Node sends none, and a client would see a connection that breaks. */
const plainAlert = Uint8Array.of(0x15, 3, 3, 0, 2, 2, 70);

/** Who was told why it is refused has so long to go. */
const dismissMsMax = 1000;

function showsCertificate(socket: TLSSocket): boolean {
  // Node's answer for a peer that showed none is an object without fields.
  return Object.keys(socket.getPeerCertificate()).length > 0;
}

type ClientCertificates = 'none' | 'required' | 'optional';

function clientCertificates({
  clientAuthorities,
  clientCertificates: wanted,
}: ServerTls): ClientCertificates {
  return clientAuthorities === undefined ? 'none' : (wanted ?? 'required');
}

/** Node checks a client's certificate behind the handshake and hangs up without a word; the reason stays here. */
function refusedCertificate(socket: TLSSocket): Error | undefined {
  const code: unknown = socket.authorizationError;
  return typeof code === 'string' ? Object.assign(new Error(code), { code }) : undefined;
}

function noCertificate(): Error {
  const code = 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE';
  return Object.assign(new Error('no certificate'), { code });
}

/** A socket that was reset before anyone looked no longer knows where it came from. */
function remoteOf(socket: Socket): Address {
  return { host: socket.remoteAddress ?? 'unknown', port: socket.remotePort ?? 0 };
}
