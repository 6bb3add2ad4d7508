/**
 * A circuit as plain JSON, so that a process that starts again does not begin with calls that its predecessor knew to
 * fail. Time is carried as what remains of it, since clocks of two processes have nothing in common.
 */
import { invalidOption } from '../base/index.ts';
import { checkEvidence, type EvidenceData } from './evidence-data.ts';
import { checkRecord, wholeOf } from './option-checks.ts';

export type CircuitStateData =
  | { readonly state: 'closed'; readonly evidence: EvidenceData }
  | { readonly state: 'open'; readonly remainingMs: number; readonly openings: number }
  | { readonly state: 'half-open'; readonly openings: number; readonly successes: number }
  | { readonly state: 'isolated' | 'forced-closed' };

export type CircuitData = { readonly version: 1 } & CircuitStateData;

/** They are counted no further: by then a wait has long been as long as it may be. */
export const openingsMost = 1_000_000;

/** Throws `invalid-option` where `data` has not been exported by a breaker, naming what does not fit. */
export function checkCircuitData(data: unknown): CircuitStateData {
  checkRecord('data', data, 'what a breaker has exported');
  const { version, state, evidence, remainingMs, openings, successes } = data as Record<string, unknown>;
  if (version !== 1) throw invalidOption('data.version', version, '1, or a newer release must read it');
  switch (state) {
    case 'closed':
      return { state, evidence: checkEvidence(evidence) };
    case 'open':
      if (typeof remainingMs !== 'number' || !Number.isFinite(remainingMs) || remainingMs < 0) {
        throw invalidOption('data.remainingMs', remainingMs, 'a number of milliseconds of at least 0');
      }
      return { state, remainingMs, openings: checkOpenings(openings) };
    case 'half-open': {
      const count = wholeOf('data.successes', successes as number, 0);
      return { state, openings: checkOpenings(openings), successes: count };
    }
    case 'isolated':
    case 'forced-closed':
      return { state };
    default:
      throw invalidOption('data.state', state, 'closed, open, half-open, isolated or forced-closed');
  }
}

function checkOpenings(openings: unknown): number {
  return wholeOf('data.openings', openings as number, 1, openingsMost);
}
