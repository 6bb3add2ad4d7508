/** What one look at a service has seen. */
import { isQuorateError } from '../../base/index.ts';
import type { HealthStatus } from './health-rule.ts';

export interface Observation {
  readonly status: HealthStatus;
  /** For people: why. Never longer than some lines. */
  readonly detail: string;
}

/** Looks once. What it throws is critical. */
export type Probe = (signal: AbortSignal) => Promise<Observation>;

const detailCharactersMax = 300;

export function seen(status: HealthStatus, detail: string): Observation {
  const isLong = detail.length > detailCharactersMax;
  return { status, detail: isLong ? `${detail.slice(0, detailCharactersMax)}…` : detail };
}

/** A look that failed is a sight as well. */
export function seenFailing(error: unknown): Observation {
  return seen('critical', reasonOf(error));
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (isQuorateError(error) || !(error.cause instanceof Error)) return error.message;
  // `fetch` says that it failed; why stands behind it.
  return `${error.message}: ${error.cause.message}`;
}
