/** The words in which tests of the engine on PostgreSQL are told. */
import assert from 'node:assert/strict';
import type { AnyEngine } from '../../src/engines/conformance/index.ts';
import type { WatchBatch } from '../../src/engines/port/index.ts';
import { openPostgres, type PostgresOptions } from '../../src/engines/postgres/index.ts';
import type { PostgresStage } from './postgres-stage.ts';

export const nothing: Uint8Array = new Uint8Array(0);

let schemas = 0;

/** A schema that no other test uses. */
export function ownSchema(): string {
  schemas += 1;
  return `own_${schemas}`;
}

/** Patient, since the machine may be busy. */
export async function openedOn(
  { server }: { readonly server: Pick<PostgresStage['server'], 'url'> },
  schema: string,
  options: PostgresOptions = {},
): Promise<AnyEngine> {
  const engine = await openPostgres(server.url, { schema, deadline: '20s', ...options });
  return engine as unknown as AnyEngine;
}

export function put(engine: AnyEngine, key: string): Promise<unknown> {
  return engine.transact({ operations: [{ kind: 'put', key, value: nothing }], deadline: '30s' });
}

export async function taken(promise: Promise<IteratorResult<WatchBatch, undefined>>): Promise<WatchBatch> {
  const { value } = await promise;
  assert.ok(value !== undefined, 'the watch goes on');
  return value;
}
