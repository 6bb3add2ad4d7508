/** Looks by a function of the user's own. */
import { invalidOption } from '../../base/index.ts';
import type { OwnCheck } from './check.ts';
import { healthStatuses } from './health-rule.ts';
import { type Probe, seen } from './observation.ts';

export function ownProbe(run: OwnCheck['run']): Probe {
  return async (signal) => {
    const verdict: unknown = await run(signal);
    if (verdict === undefined || verdict === true) return seen('passing', 'it is well');
    if (verdict === false) return seen('critical', 'it says that it is not well');
    const status = healthStatuses.find((known) => known === verdict);
    if (status !== undefined) return seen(status, `it says ${status}`);
    throw invalidOption('the answer of run', verdict, 'true, false, passing, warning, critical or nothing');
  };
}
