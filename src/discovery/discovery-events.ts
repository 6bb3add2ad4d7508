/**
 * What happens where nobody waits for it: published on channels of `node:diagnostics_channel`, and counted. Nothing
 * decides by it.
 */
import { channel } from 'node:diagnostics_channel';
import { type RefusalReason, refusalReasons } from './instance-document.ts';

/** On `quorate:discovery:registration`. */
export interface RegistrationEvent {
  readonly service: string;
  readonly id: string;
  /**
   * `lost`: it is being put back. `withdrawn`: by its checks, until they see it better. `taken`: somebody else is in its
   * place, and it is over.
   */
  readonly kind: 'registered' | 'lost' | 'withdrawn' | 'taken' | 'closed' | 'problem';
  readonly error?: unknown;
}

/** On `quorate:discovery:view`. */
export interface ViewEvent {
  readonly service: string;
  /**
   * `stale` and `heard`: the registry is silent, and is heard again. `aged`: too old to go by. `held` and `released`:
   * a loss of nearly all is not believed, and no longer disbelieved. `from-the-past`: a listing was older than what is
   * known. `deaf`: the watch has missed a registration. `restarted`: the watch was begun anew. `problem`: it broke off, or
   * the copy could not be read or kept.
   */
  readonly kind:
    | 'stale'
    | 'heard'
    | 'aged'
    | 'held'
    | 'released'
    | 'from-the-past'
    | 'deaf'
    | 'restarted'
    | 'problem';
  readonly error?: unknown;
}

/** On `quorate:discovery:refused`: what lies in the registry under this id is left out. */
export interface RefusedEvent {
  readonly service: string;
  readonly id: string;
  readonly reason: RefusalReason;
}

export interface DiscoveryCounts {
  /** Documents that were left out, by what is wrong with them. */
  readonly refused: Readonly<Record<RefusalReason, number>>;
  readonly watchRestarts: number;
  readonly listingsFromThePast: number;
  /** How often a watch was found to have missed a registration. */
  readonly deafWatches: number;
  /** Losses of nearly all at once that were not believed. */
  readonly massLosses: number;
  /** How often an instance of this process was put back after it was lost or withdrawn. */
  readonly comebacks: number;
  /** How often an instance of this process was taken off the list by its checks. */
  readonly withdrawals: number;
  /** Copies that could not be read or kept. */
  readonly copyProblems: number;
}

const registrations = channel('quorate:discovery:registration');
const views = channel('quorate:discovery:view');
const refusals = channel('quorate:discovery:refused');

export class DiscoveryEvents {
  readonly #counts = {
    refused: Object.fromEntries(refusalReasons.map((reason) => [reason, 0])) as Record<RefusalReason, number>,
    watchRestarts: 0,
    listingsFromThePast: 0,
    deafWatches: 0,
    massLosses: 0,
    comebacks: 0,
    withdrawals: 0,
    copyProblems: 0,
  };

  get counts(): DiscoveryCounts {
    return { ...this.#counts, refused: { ...this.#counts.refused } };
  }

  count(what: Exclude<keyof DiscoveryCounts, 'refused'>): void {
    this.#counts[what] += 1;
  }

  tellRegistration(event: RegistrationEvent): void {
    if (registrations.hasSubscribers) registrations.publish(event);
  }

  tellView(event: ViewEvent): void {
    if (views.hasSubscribers) views.publish(event);
  }

  refuse(event: RefusedEvent): void {
    this.#counts.refused[event.reason] += 1;
    if (refusals.hasSubscribers) refusals.publish(event);
  }
}
