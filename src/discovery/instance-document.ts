/**
 * An instance as it lies in the registry: a JSON document that programs in other languages can write and read. What
 * a stranger has written there is no reason to fail: an instance whose document is bad is left out, and counted by
 * what is wrong with it. Fields that are not known are passed over, so that a later release may add some; one that
 * changes the meaning of those here counts `format` up.
 */

import type { Instance } from './instance.ts';
import { fieldProblem, frozenInstance, type ToldInstance } from './told-instance.ts';

/** Why a document is left out. */
export type RefusalReason = 'oversized' | 'malformed' | 'format' | 'address' | 'weight' | 'field';

export const refusalReasons: readonly RefusalReason[] = [
  'oversized',
  'malformed',
  'format',
  'address',
  'weight',
  'field',
];

export const documentBytesMax = 65_536;
const format = 1;
const utf8 = new TextEncoder();
const text = new TextDecoder();

/** `by`: whose it is, unlike that of any other registration. */
export function encodeInstance(told: ToldInstance, by: string): Uint8Array {
  const { address, status, weight, zone, region, version, tags, metadata } = told;
  const { host, port } = address;
  return utf8.encode(
    JSON.stringify({
      format,
      by,
      address: { host, port },
      status,
      weight,
      zone,
      region,
      version,
      tags,
      metadata,
    }),
  );
}

/** The instance, or why there is none. */
export function decodeInstance(
  value: Uint8Array,
  of: Pick<Instance, 'service' | 'id' | 'token'>,
): Instance | RefusalReason {
  if (value.length > documentBytesMax) return 'oversized';
  const fields = fieldsOf(value);
  return fields === undefined ? 'malformed' : instanceOf(fields, of);
}

/** Whose it is; empty where that is not told. */
export function writerOf(value: Uint8Array): string {
  const by = value.length > documentBytesMax ? undefined : fieldsOf(value)?.['by'];
  return typeof by === 'string' ? by : '';
}

/** The same of a document that is a part of another one. */
export function instanceOf(
  fields: Readonly<Record<string, unknown>>,
  of: Pick<Instance, 'service' | 'id' | 'token'>,
): Instance | RefusalReason {
  if (fields['format'] !== format) return 'format';
  const told = {
    address: fields['address'],
    status: fields['status'] ?? 'passing',
    weight: fields['weight'] ?? 1,
    zone: fields['zone'] ?? undefined,
    region: fields['region'] ?? undefined,
    version: fields['version'] ?? undefined,
    tags: fields['tags'] ?? [],
    metadata: fields['metadata'] ?? {},
  };
  const problem = fieldProblem(told);
  if (problem === undefined) return frozenInstance(of, told as ToldInstance);
  return problem.field === 'address' || problem.field === 'weight' ? problem.field : 'field';
}

function fieldsOf(value: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text.decode(value));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  return isRecord(parsed) ? parsed : undefined;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
