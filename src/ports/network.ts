/**
 * The network: reliable, ordered byte streams between addresses. Bytes arrive in order and at most once, cut
 * anywhere; when a connection is lost, nobody knows how many of the bytes in flight arrived. Whoever needs
 * messages frames them; whoever needs an answer sets a deadline.
 *
 * Failures are `network-failed`, `in-use` for a port that is taken, and `invalid-option` for an address or a
 * certificate that cannot be used. A `connect` that fails has sent nothing: its outcome is `not-applied`.
 */

export interface Network {
  /** Listens until closed; each accepted connection is given to `accept`, which calls `start` on it before it returns. */
  listen(options: ListenOptions, accept: (connection: Connection) => void): Promise<Listener>;

  /**
   * Connects, with the TLS handshake done where it is asked for. Rejects with the signal's reason when that comes
   * first. It sets no deadline of its own beyond the operating system's. A server that refuses this side's
   * certificate may do so only afterwards, and without a reason: the connection ends before its first byte.
   */
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
  /**
   * The last bytes for a client whose certificate is refused, for this reason, in whatever language it speaks; TLS
   * itself would cut it without a word. Default: none.
   */
  readonly farewell?: (cause: Error) => Uint8Array;
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
  /**
   * `optional`: a client may show none, and then has no name; one that it shows must still be signed by one of
   * the authorities. Default `required`.
   */
  readonly clientCertificates?: 'required' | 'optional';
}

export interface ClientTls {
  /** Who may sign the server's certificate. Absent: the authorities that the runtime trusts. */
  readonly authorities?: readonly string[];
  /** Shown to a server that asks for one. */
  readonly certificate?: string;
  readonly key?: string;
  /** The name to check the server's certificate against. Default: the host of the address. */
  readonly serverName?: string;
}

export interface Listener {
  /** The host as it was asked for, the port as it is. */
  readonly address: Address;
  /**
   * Replaces certificate, key and authorities for connections accepted from now on. `invalid-option`, with the
   * old ones still in use, when they do not fit together, when this listener is plain TCP, or when
   * `clientAuthorities` appears or disappears or `clientCertificates` changes: whether a client must show a
   * certificate is fixed by `listen`.
   */
  reloadTls(tls: ServerTls): void;
  /** Accepts no more and frees the port; connections that were accepted live on. May be called twice. */
  close(): Promise<void>;
}

export interface Connection {
  readonly remote: Address;
  /** The subject's common name of the peer's verified certificate; absent on plain TCP and where the peer had to show none. */
  readonly peerName?: string;

  /** Names who hears from this connection; called once, in the turn in which the connection was handed over. */
  start(handler: ConnectionHandler): void;

  /**
   * Takes `bytes` over for sending, in order. The caller never touches them again. False: more than the
   * high-water mark waits here; stop until `drained`, or memory grows with the peer's slowness. After `end` or
   * `destroy`, and on a connection that is lost, it drops them and answers false.
   */
  write(bytes: Uint8Array): boolean;

  /** Stops `received` until `resume`; the peer feels it as back-pressure. */
  pause(): void;
  resume(): void;

  /** Sends what was written, then closes this direction. May be called twice. */
  end(): void;

  /**
   * Closes at once; bytes in flight may be lost. Of the handler only `closed` follows, after this call has
   * returned. The peer hears `closed` with a cause or, as when a process dies, no more than `ended`. May be
   * called twice.
   */
  destroy(): void;
}

export interface ConnectionHandler {
  /** Bytes from the peer, in order. They are valid during the call only: keep a copy, never the view. */
  received(bytes: Uint8Array): void;

  /** What waited has fallen below the high-water mark, after a `write` that answered false. */
  drained(): void;

  /** The peer will send nothing more; this side may still write. */
  ended(): void;

  /** The last call, and called once: the connection is gone. `cause` is absent when both sides ended it or this one destroyed it. */
  closed(cause?: Error): void;
}
