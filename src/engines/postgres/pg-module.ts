/**
 * The npm package `pg` as this engine uses it, and how it is found: when the first engine is opened and not before,
 * because it is a dependency that only those need who use PostgreSQL.
 *
 * The types here are the part of its interface that is leaned on. Statements go out as text without parameters,
 * which is the one way to send several in one message and one transaction; `literals.ts` is what makes that safe.
 */
import { QuorateError } from '../../base/index.ts';

export interface PgModule {
  readonly Client: new (config: PgClientConfig) => PgClient;
}

export interface PgClientConfig {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly password: () => string | Promise<string>;
  readonly ssl: false | PgTls;
  readonly application_name: string;
  readonly keepAlive: boolean;
}

export interface PgTls {
  readonly rejectUnauthorized: boolean;
  readonly ca?: readonly string[];
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
}

export interface PgClient {
  /** Which process of the server serves it, as it was told when it connected. */
  readonly processID: number | null;
  readonly connection: { readonly stream: PgStream };
  connect(): Promise<unknown>;
  /** An array of results where the text has several statements. */
  query(text: string): Promise<PgResult | readonly PgResult[]>;
  end(): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'notification', listener: (notification: PgNotification) => void): unknown;
}

interface PgStream {
  once(event: 'data', listener: (bytes: Uint8Array) => void): unknown;
  off(event: 'data', listener: (bytes: Uint8Array) => void): unknown;
  destroy(): unknown;
}

export interface PgResult {
  readonly rows: readonly Row[];
}

/** Columns as the package reads them: numbers of 64 bits as text, bytes as a buffer, JSON as what it says. */
export type Row = Readonly<Record<string, unknown>>;

export interface PgNotification {
  readonly payload?: string | undefined;
}

/** The package, or an error that says how to get it. `load` is for tests. */
export async function loadPg(load: () => Promise<unknown> = () => import('pg')): Promise<PgModule> {
  try {
    return (await load()) as PgModule;
  } catch (cause) {
    throw unavailable(cause);
  }
}

function unavailable(cause: unknown): QuorateError<'package-unavailable'> {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new QuorateError({
    code: 'package-unavailable',
    message: `the package pg, which speaks to PostgreSQL, cannot be loaded: ${reason}; run \`npm install pg\``,
    data: { package: 'pg', reason },
    cause,
  });
}
