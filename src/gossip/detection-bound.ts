/**
 * How long it takes at most until every member knows that one has crashed, by the formula of the papers:
 *
 *     detection + suspicion + dissemination
 *     = (min(2n − 1, ⌈ln 10⁹⌉) + 1) · T   +   c · s · max(1, log₁₀ n) · T   +   λ ⌈log₁₀(n + 1)⌉ · T
 *
 * with n members, the probe period T, the factor s and the factor c of the suspicion’s length, and the factor λ of
 * retransmission. Detection: one node probes one member at least once in 2n − 1 periods (SWIM, section 4.3); and as
 * all others probe at random too, nobody does in m periods with odds of e⁻ᵐ, so that after 21 periods the odds are one
 * in a thousand million; one more period is the probe itself. Suspicion: what is waited when nobody confirms
 * (Lifeguard, section IV-B). Dissemination: news are out of the queues after λ log n periods (SWIM, section 4.1).
 *
 * It holds for nodes that find themselves well: `localHealth` stretches the first part by its factor.
 */
import { retransmissions, type SwimSettings } from './settings.ts';
import { suspicionTimes } from './suspicion-times.ts';

/** ⌈ln 10⁹⌉ */
const unluckyPeriods = 21;

export interface DetectionBound {
  readonly detectionMs: number;
  readonly suspicionMs: number;
  readonly disseminationMs: number;
  readonly totalMs: number;
}

export function detectionBound(members: number, settings: SwimSettings): DetectionBound {
  const { probePeriodMs } = settings;
  const detectionMs = (Math.min(2 * members - 1, unluckyPeriods) + 1) * probePeriodMs;
  const suspicionMs = suspicionTimes(members, settings).mostMs;
  const disseminationMs = retransmissions(members, settings) * probePeriodMs;
  const totalMs = detectionMs + suspicionMs + disseminationMs;
  return { detectionMs, suspicionMs, disseminationMs, totalMs };
}
