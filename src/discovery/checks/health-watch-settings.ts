/** What a watch over the checks of one service goes by, looked at before the first of them runs. */
import { type Duration, invalidOption } from '../../base/index.ts';
import type { Check } from './check.ts';
import { type CheckSettings, checkSettings, kindOf, lengthMsOf } from './check-settings.ts';
import { HealthCounters } from './health-counters.ts';
import { type HealthPorts, healthPorts } from './health-ports.ts';
import { type HealthStatus, worstOf } from './health-rule.ts';

export interface HealthWatchOptions {
  /** In events. Default `service`. */
  readonly name?: string;
  /** Critical for so long: closed, or withdrawn where it can come back. Default: never. */
  readonly deregisterAfter?: Duration;
  /** To count several watches together. Default: its own. */
  readonly counters?: HealthCounters;
  readonly ports?: Partial<HealthPorts>;
}

export interface HealthWatchSettings {
  readonly name: string;
  readonly checks: readonly CheckSettings[];
  /** Infinite: never. */
  readonly deregisterAfterMs: number;
  readonly counters: HealthCounters;
  readonly ports: HealthPorts;
}

/** What the service counts as before anything was seen. */
export function initialStatus({ checks }: HealthWatchSettings): HealthStatus {
  return worstOf(checks.map(({ rule }) => rule.initial));
}

/** Throws `invalid-option`, with the place of the check in its name. */
export function healthWatchSettings(
  checks: readonly Check[],
  { name = 'service', deregisterAfter, counters = new HealthCounters(), ports }: HealthWatchOptions,
): HealthWatchSettings {
  return {
    name,
    checks: namedChecks(checks),
    deregisterAfterMs:
      deregisterAfter === undefined
        ? Number.POSITIVE_INFINITY
        : lengthMsOf('deregisterAfter', deregisterAfter),
    counters,
    ports: healthPorts(ports),
  };
}

const checksMax = 100;

/** All are judged before the first one runs. */
function namedChecks(checks: readonly Check[]): CheckSettings[] {
  if (!Array.isArray(checks) || checks.length === 0 || checks.length > checksMax)
    throw invalidOption('checks', checks, `a list of 1 to ${checksMax} checks`);
  const names = new Set<string>();
  return checks.map((check: Check, at) => {
    const option = `checks[${at}]`;
    const kind = kindOf(check, option);
    const name = check.name ?? freeName(kind, names);
    if (typeof name !== 'string' || name === '' || names.has(name))
      throw invalidOption(`${option}.name`, name, 'a name that no other check of the service has');
    names.add(name);
    return checkSettings(check, option, name);
  });
}

function freeName(kind: string, names: ReadonlySet<string>): string {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? kind : `${kind}-${number}`;
    if (!names.has(name)) return name;
  }
}
