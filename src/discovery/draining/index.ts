/** How a service that is asked to stop goes without anybody noticing. */
export {
  type DrainHook,
  type Draining,
  type DrainingOptions,
  type DrainReport,
  type DrainTarget,
  drainOnSignals,
  type Ongoing,
} from './drain.ts';
export type { DrainEvent } from './drain-events.ts';
export type { DrainOutcome, DrainStep, DrainStepReport } from './drain-order.ts';
export { InFlight } from './in-flight.ts';
