/** PostgreSQL 12 and later as an engine, by the package `pg`: tables in a schema of their own, and nothing held by a connection. */
import type { Engine } from '../port/index.ts';
import { type PostgresOptions, postgresSettings } from './options.ts';
import { loadPg } from './pg-module.ts';
import { type PostgresCapabilities, PostgresEngine, type SurvivingCapabilities } from './postgres-engine.ts';

export type { PostgresOptions } from './options.ts';
export type { PostgresCapabilities } from './postgres-engine.ts';
export { postgresSchema } from './schema.ts';

/** What opens an engine that provides `survives-failover`: a statement about the server, or consent to a loss. */
type Surviving = PostgresOptions &
  ({ readonly failover: 'synchronous' } | { readonly allow: 'failover-loss' });

/**
 * Opens an engine on `postgres://user:password@host:port/database`, and makes its tables when they are missing.
 * Rejects within the deadline when the server cannot be used, and says why.
 */
export function openPostgres(url: string, options: Surviving): Promise<Engine<SurvivingCapabilities>>;
export function openPostgres(url: string, options?: PostgresOptions): Promise<Engine<PostgresCapabilities>>;
export async function openPostgres(
  url: string,
  options: PostgresOptions = {},
): Promise<Engine<PostgresCapabilities>> {
  const settings = postgresSettings(url, options);
  return await PostgresEngine.open(await loadPg(), settings);
}
