/**
 * The network: reliable, ordered byte streams between addresses. Bytes arrive in order and at most once, cut
 * anywhere; when a connection is lost, nobody knows how many of the bytes in flight arrived. Whoever needs
 * messages frames them; whoever needs an answer sets a deadline.
 *
 * Failures are `network-failed`, and `in-use` for a port that is taken.
 */

export interface Network {
  /** Listens until closed; each accepted connection is given to `accept`, which calls `start` on it before it returns. */
  listen(options: ListenOptions, accept: (connection: Connection) => void): Promise<Listener>;

  /** Connects, with the TLS handshake done where it is asked for. Rejects with the signal's reason when that comes first. */
  connect(options: ConnectOptions): Promise<Connection>;
}

/** `host` is a name or an IP address without brackets. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface ListenOptions {
  /** Port 0 takes a free one; `Listener.address` tells which. */
  readonly address: Address;
  /** Absent: plain TCP. */
  readonly tls?: ServerTls;
}

export interface ConnectOptions {
  readonly address: Address;
  /** Absent: plain TCP. */
  readonly tls?: ClientTls;
  readonly signal?: AbortSignal;
}

/** Certificates and keys in PEM. */
export interface ServerTls {
  readonly certificate: string;
  readonly key: string;
  /** Present: a client must show a certificate signed by one of these. */
  readonly clientAuthorities?: readonly string[];
}

export interface ClientTls {
  /** Who may sign the server's certificate. Absent: the system's authorities. */
  readonly authorities?: readonly string[];
  /** Shown to a server that asks for one. */
  readonly certificate?: string;
  readonly key?: string;
  /** The name to check the server's certificate against. Default: the host of the address. */
  readonly serverName?: string;
}

export interface Listener {
  readonly address: Address;
  /** Replaces the certificate for connections accepted from now on. */
  reloadTls(tls: ServerTls): void;
  /** Accepts no more and frees the port; connections that were accepted live on. May be called twice. */
  close(): Promise<void>;
}

export interface Connection {
  readonly remote: Address;
  /** The subject's common name of the peer's verified certificate; absent without mutual TLS. */
  readonly peerName?: string;

  /** Names who hears from this connection; called once, in the turn in which the connection was handed over. */
  start(handler: ConnectionHandler): void;

  /**
   * Takes `bytes` over for sending, in order. The caller never touches them again. False: more than the
   * high-water mark waits here; stop until `drained`, or memory grows with the peer's slowness.
   */
  write(bytes: Uint8Array): boolean;

  /** Stops `received` until `resume`; the peer feels it as back-pressure. */
  pause(): void;
  resume(): void;

  /** Sends what was written, then closes this direction. */
  end(): void;

  /** Closes at once; bytes in flight may be lost. `closed` follows. May be called twice. */
  destroy(): void;
}

export interface ConnectionHandler {
  /** Bytes from the peer, in order. They are valid during the call only: keep a copy, never the view. */
  received(bytes: Uint8Array): void;

  /** What waited has fallen below the high-water mark, after a `write` that answered false. */
  drained(): void;

  /** The peer will send nothing more; this side may still write. */
  ended(): void;

  /** The last call: the connection is gone. `cause` is absent when both sides ended it. */
  closed(cause?: Error): void;
}
