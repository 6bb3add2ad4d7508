/** What somebody asks for who registers an instance: checked, copied, and filled with what holds where nothing is said. */
import { type Duration, invalidOption, isQuorateError, type QuorateError } from '../base/index.ts';
import { checkName } from '../engines/port/index.ts';
import type { Address } from '../ports/index.ts';
import {
  type Check,
  type HealthCounters,
  type HealthPorts,
  type HealthWatchSettings,
  healthWatchSettings,
} from './checks/index.ts';
import type { Instance, InstanceStatus } from './instance.ts';
import { documentBytesMax, encodeInstance } from './instance-document.ts';
import { parseVersion } from './semantic-version.ts';
import { fieldProblem, type ToldInstance } from './told-instance.ts';

export interface InstanceRequest {
  readonly service: string;
  /** Unique among the instances of the service. Default: drawn at random, so it is another one after a restart. */
  readonly id?: string;
  /** Where it is reached by those who call. */
  readonly address: Address;
  /** Default `passing`. Not beside `checks`, which tell it. */
  readonly status?: InstanceStatus;
  /** Its share against that of the others. Default 1. */
  readonly weight?: number;
  readonly zone?: string;
  readonly region?: string;
  /** By semantic versioning, such as `2.1.0`. */
  readonly version?: string;
  readonly tags?: readonly string[];
  readonly metadata?: Readonly<Record<string, string>>;
  /**
   * Looked at for as long as it is registered: the worst of them is its status, `critical` before it was seen well unless
   * they say otherwise by `initial`. Default: its status is what it is told.
   */
  readonly checks?: readonly Check[];
  /** Critical for so long, it is taken off the list until its checks see it better. Default: it stays. */
  readonly deregisterAfter?: Duration;
}

/** What of it may change while it is registered. */
export type InstanceUpdate = Partial<
  Pick<Instance, 'status' | 'weight' | 'tags' | 'metadata' | 'address' | 'version'>
>;

/** As long as a label of a DNS name may be, so that every service can be asked for by one. */
const nameLengthMax = 63;

/** Throws `invalid-option`. */
export function checkService(service: string): string {
  if (typeof service === 'string' && service.length <= nameLengthMax) return checkName('service', service);
  throw invalidOption('service', service, `a name of at most ${nameLengthMax} characters, such as 'orders'`);
}

export function isServiceName(text: string): boolean {
  try {
    checkService(text);
    return true;
  } catch (error) {
    if (isQuorateError(error) && error.code === 'invalid-option') return false;
    throw error;
  }
}

export interface HealthNeeds {
  /** In events. */
  readonly name: string;
  readonly counters: HealthCounters;
  readonly ports: Partial<HealthPorts>;
}

/** What its own checks go by; undefined where it has none. Throws `invalid-option` with the name of the field. */
export function healthOf(
  { checks, deregisterAfter, status }: InstanceRequest,
  needs: HealthNeeds,
): HealthWatchSettings | undefined {
  if (checks === undefined) {
    if (deregisterAfter === undefined) return undefined;
    throw invalidOption('deregisterAfter', deregisterAfter, 'absent where there are no checks');
  }
  if (status !== undefined) throw statusOfChecks(status);
  return healthWatchSettings(checks, {
    ...needs,
    ...(deregisterAfter === undefined ? {} : { deregisterAfter }),
  });
}

export function statusOfChecks(status: InstanceStatus): QuorateError<'invalid-option'> {
  return invalidOption(
    'status',
    status,
    'absent where there are checks, which tell it; say how they begin by initial',
  );
}

/** Throws `invalid-option` with the name of the field. */
export function toldBy(request: InstanceRequest, initial: InstanceStatus = 'passing'): ToldInstance {
  const { address, status = initial, weight = 1, zone, region, version, tags = [], metadata = {} } = request;
  return checkedTold({ address, status, weight, zone, region, version, tags, metadata });
}

/** Room for the mark of whoever puts it there. */
const markBytesMax = 64;

/** A copy, or `invalid-option` with the name of the field. */
export function checkedTold(told: ToldInstance): ToldInstance {
  const problem = fieldProblem(told);
  if (problem !== undefined) throw invalidOption(problem.field, problem.value, problem.expected);
  const { version } = told;
  if (version !== undefined && parseVersion(version) === undefined)
    throw invalidOption('version', version, "a version by semantic versioning, such as '2.1.0'");
  // Each field may be within its own bounds, and all of them together more than anybody reads.
  const bytes = encodeInstance(told, '').length + markBytesMax;
  if (bytes > documentBytesMax)
    throw invalidOption(
      'metadata',
      `an instance of ${bytes} bytes`,
      `so short that all of the instance has at most ${documentBytesMax} bytes as JSON`,
    );
  return { ...told, tags: [...told.tags], metadata: { ...told.metadata } };
}
