/**
 * What checks see and what follows, for whoever in the process wants to hear: `quorate:discovery:health` of
 * `node:diagnostics_channel`. With nobody listening nothing is made.
 */
import { channel } from 'node:diagnostics_channel';
import type { CheckKind } from './check.ts';
import type { HealthStatus } from './health-rule.ts';
import type { LookResult } from './poller.ts';

export type HealthEvent =
  /** A check has looked. */
  | {
      readonly type: 'looked';
      readonly of: string;
      readonly check: string;
      readonly kind: CheckKind;
      readonly result: LookResult;
      readonly detail: string;
    }
  /** What all checks say together has changed. */
  | { readonly type: 'changed'; readonly of: string; readonly from: HealthStatus; readonly to: HealthStatus }
  /** The registration could not be told, and is told again in a while. */
  | {
      readonly type: 'untold';
      readonly of: string;
      readonly what: HealthStatus | 'close';
      readonly error: unknown;
    }
  /** It was critical for so long that it is taken out of the registry. */
  | { readonly type: 'given-up'; readonly of: string; readonly criticalMs: number };

const events = channel('quorate:discovery:health');

export function tellHealth(make: () => HealthEvent): void {
  if (events.hasSubscribers) events.publish(make());
}
