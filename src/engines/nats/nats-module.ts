/**
 * The npm package `@nats-io/transport-node` as this engine uses it, and how it is found: when the first engine is
 * opened and not before, so that whoever uses another engine needs no such package.
 *
 * Of the packages of NATS this one carries messages. What JetStream is asked, and what it answers, is published as
 * JSON over messages and is spoken here directly (`stream-requests.ts`): the packages above it hide the error
 * codes and the sequence numbers on which everything hangs here.
 */
import { QuorateError } from '../../base/index.ts';

export interface NatsModule {
  connect(options: NatsConnectOptions): Promise<NatsConnection>;
  headers(): NatsHeaders;
  credsAuthenticator(credentials: Uint8Array): unknown;
}

interface NatsConnectOptions {
  readonly servers: string[];
  readonly name: string;
  readonly timeout: number;
  readonly reconnect: boolean;
  readonly maxReconnectAttempts: number;
  readonly reconnectTimeWait: number;
  readonly reconnectJitter: number;
  readonly pingInterval: number;
  readonly maxPingOut: number;
  readonly noAsyncTraces: boolean;
  readonly ignoreAuthErrorAbort: boolean;
  readonly user?: string;
  readonly pass?: string;
  readonly token?: string;
  readonly authenticator?: unknown;
  readonly tls?: NatsTls;
}

/** In PEM. */
interface NatsTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
}

export interface NatsConnection {
  readonly info?: NatsServerInfo;
  request(
    subject: string,
    payload: Uint8Array | string,
    options: { readonly timeout: number; readonly headers?: NatsHeaders },
  ): Promise<NatsMessage>;
  subscribe(
    subject: string,
    options: { readonly callback: (error: Error | null, message: NatsMessage) => void },
  ): { unsubscribe(): void };
  status(): AsyncIterable<{ readonly type: string; readonly error?: Error }>;
  /** Where it looks for another server when this one is lost. */
  setServers(servers: string[]): void;
  getServers(): readonly { readonly listen: string }[];
  close(): Promise<void>;
  /** Resolves to why, where it was not closed by us. */
  closed(): Promise<unknown>;
}

export interface NatsServerInfo {
  readonly version: string;
  readonly max_payload: number;
  readonly headers?: boolean;
  readonly jetstream?: boolean;
  /** Its name, where it belongs to one. */
  readonly cluster?: string;
}

export interface NatsMessage {
  readonly subject: string;
  readonly reply?: string;
  readonly data: Uint8Array;
  readonly headers?: NatsHeaders;
  respond(): boolean;
}

export interface NatsHeaders {
  /** 0 unless the server speaks for itself. */
  readonly code: number;
  /** Empty when there is none. */
  get(name: string): string;
  set(name: string, value: string): void;
}

/** The package, or an error that says how to get it. `load` is for tests. */
export async function loadNats(
  load: () => Promise<unknown> = () => import('@nats-io/transport-node'),
): Promise<NatsModule> {
  try {
    return (await load()) as NatsModule;
  } catch (cause) {
    throw unavailable(cause);
  }
}

function unavailable(cause: unknown): QuorateError<'package-unavailable'> {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new QuorateError({
    code: 'package-unavailable',
    message:
      'the package @nats-io/transport-node, by which the engine nats speaks to its servers, cannot be loaded: ' +
      `${reason}; run \`npm install @nats-io/transport-node\``,
    data: { package: '@nats-io/transport-node', reason },
    cause,
  });
}
