/**
 * A snapshot as it outlives the process: one JSON document with the time at which it was known to hold. An instance
 * in it that is no good is left out, as it would be in the registry; a document that is no good is no copy.
 */
import type { Instance } from './instance.ts';
import { instanceOf, isRecord } from './instance-document.ts';

export interface SnapshotCopy {
  readonly service: string;
  /** By the wall clock. */
  readonly heardAtMs: number;
  readonly instances: readonly Instance[];
}

const format = 1;
const utf8 = new TextEncoder();
const text = new TextDecoder();

export function encodeCopy({ service, heardAtMs, instances }: SnapshotCopy): Uint8Array {
  const told = instances.map((instance) => ({ ...instance, service: undefined, format }));
  return utf8.encode(JSON.stringify({ format, service, heardAtMs, instances: told }));
}

/** Undefined for what is no copy of this service. */
export function decodeCopy(bytes: Uint8Array, service: string): SnapshotCopy | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text.decode(bytes));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (!isRecord(parsed) || parsed['format'] !== format || parsed['service'] !== service) return undefined;
  const { heardAtMs, instances: told } = parsed;
  if (typeof heardAtMs !== 'number' || !Number.isFinite(heardAtMs) || !Array.isArray(told)) return undefined;
  const byId = new Map<string, Instance>();
  for (const one of told as readonly unknown[]) {
    const instance = isRecord(one) ? copiedInstance(one, service) : undefined;
    if (instance !== undefined) byId.set(instance.id, instance);
  }
  const instances = [...byId.values()].sort((left, right) => (left.id < right.id ? -1 : 1));
  return { service, heardAtMs, instances };
}

function copiedInstance(fields: Readonly<Record<string, unknown>>, service: string): Instance | undefined {
  const { id, token } = fields;
  if (typeof id !== 'string' || id === '' || !Number.isSafeInteger(token)) return undefined;
  const instance = instanceOf(fields, { service, id, token: token as number });
  return typeof instance === 'string' ? undefined : instance;
}
