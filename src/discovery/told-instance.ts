/**
 * What an instance tells of itself, and what is wrong with it: one table of rules for who registers, who is refused
 * with the name of the field, and for who reads what others have written, who leaves a bad one out.
 */
import type { Address } from '../ports/index.ts';
import type { Instance, InstanceStatus } from './instance.ts';

export type ToldInstance = Omit<Instance, 'service' | 'id' | 'token'>;

export interface FieldProblem {
  readonly field: keyof ToldInstance;
  readonly value: unknown;
  readonly expected: string;
}

const statuses: readonly unknown[] = [
  'passing',
  'warning',
  'critical',
  'draining',
] satisfies InstanceStatus[];
const hostLengthMax = 253;
const portMax = 65_535;
const wordLengthMax = 128;
const valueLengthMax = 1_024;
const countMax = 64;
/** A weight beyond it says nothing that a smaller one does not, and sums of such weights lose the small ones. */
const weightMax = 1_000_000;
const hostPattern = /^[^\s\p{Cc}/[\]@]+$/u;
/** Words are shown to people, line by line. */
const wordPattern = /^[^\p{Cc}]+$/u;

/** In the order in which they are looked at. */
const rules: readonly {
  readonly field: keyof ToldInstance;
  readonly expected: string;
  readonly holds: (value: unknown) => boolean;
}[] = [
  {
    field: 'address',
    expected: `a host of at most ${hostLengthMax} characters, a name or an IP address without brackets, and a port from 1 to ${portMax}, such as { host: '10.0.0.1', port: 7000 }`,
    holds: isAddress,
  },
  {
    field: 'weight',
    expected:
      `a number above 0 and at most ${weightMax}: its share against that of the others; ` +
      "to send an instance nothing, give it the status 'draining' or close its registration",
    holds: (weight) => typeof weight === 'number' && weight > 0 && weight <= weightMax,
  },
  {
    field: 'status',
    expected: "'passing', 'warning', 'critical' or 'draining'",
    holds: (status) => statuses.includes(status),
  },
  ...(['zone', 'region', 'version'] as const).map((field) => ({
    field,
    expected: `absent, or a text of 1 to ${wordLengthMax} characters, no control characters among them`,
    holds: (value: unknown) => value === undefined || isWord(value),
  })),
  {
    field: 'tags',
    expected: `at most ${countMax} texts of 1 to ${wordLengthMax} characters, no control characters among them`,
    holds: (tags) => Array.isArray(tags) && tags.length <= countMax && tags.every(isWord),
  },
  {
    field: 'metadata',
    expected: `at most ${countMax} texts of at most ${valueLengthMax} characters, by names of 1 to ${wordLengthMax}`,
    holds: isMetadata,
  },
];

/** The first thing that is wrong with it. */
export function fieldProblem(told: Readonly<Record<keyof ToldInstance, unknown>>): FieldProblem | undefined {
  const broken = rules.find(({ field, holds }) => !holds(told[field]));
  return broken && { field: broken.field, value: told[broken.field], expected: broken.expected };
}

/** A copy of just what belongs to it, which nobody can change. */
export function frozenInstance(
  of: Pick<Instance, 'service' | 'id' | 'token'>,
  { address, status, weight, zone, region, version, tags, metadata }: ToldInstance,
): Instance {
  return Object.freeze({
    service: of.service,
    id: of.id,
    address: Object.freeze({ host: address.host, port: address.port }),
    status,
    weight,
    zone,
    region,
    version,
    tags: Object.freeze([...tags]),
    metadata: Object.freeze(Object.fromEntries(Object.entries(metadata))),
    token: of.token,
  });
}

export function isAddress(value: unknown): value is Address {
  if (typeof value !== 'object' || value === null) return false;
  const { host, port } = value as Partial<Address>;
  if (typeof host !== 'string' || host.length > hostLengthMax || !hostPattern.test(host)) return false;
  return Number.isInteger(port) && (port as number) >= 1 && (port as number) <= portMax;
}

function isWord(value: unknown): boolean {
  return typeof value === 'string' && value.length <= wordLengthMax && wordPattern.test(value);
}

function isMetadata(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const entries = Object.entries(value);
  if (entries.length > countMax) return false;
  return entries.every(
    ([name, text]) => isWord(name) && typeof text === 'string' && text.length <= valueLengthMax,
  );
}
