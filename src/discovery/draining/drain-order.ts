/**
 * In which order a service stops, as data. Each step waits for the one before, because each is only safe behind it:
 * 1. Checks end first, or the next good look would call the service well again.
 * 2. Its status is `draining`: whoever watches sends nothing new.
 * 3. Those who watch are given time to hear of it. Until then requests still come, and are served.
 * 4. What is under way ends by itself.
 * 5. Only then the registration goes: who removed it first would have calls under way to an instance that is gone.
 * 6. The program's own end: listeners, pools, files.
 */
export const drainSteps = ['checks', 'status', 'notice', 'requests', 'registration', 'hooks'] as const;

export type DrainStep = (typeof drainSteps)[number];

/** Those that only wait, and that somebody in a hurry does without. */
const patientSteps: ReadonlySet<DrainStep> = new Set<DrainStep>(['notice', 'requests']);

/**
 * `hurried`: a second signal came, and it was not waited for. `timed-out`: it was not over within its limit, and went
 * on without being waited for. `failed`: it was tried; the registration, for one, ends with its session then.
 */
export type DrainOutcome = 'done' | 'hurried' | 'timed-out' | 'failed';

export function isPatient(step: DrainStep): boolean {
  return patientSteps.has(step);
}

export interface DrainStepReport {
  readonly step: DrainStep;
  /** The hook's, where it is one. */
  readonly name: string | undefined;
  readonly outcome: DrainOutcome;
  readonly tookMs: number;
  readonly error: unknown;
}
