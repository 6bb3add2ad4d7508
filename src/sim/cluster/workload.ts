/**
 * What a run is about beside its faults: what the members replicate, what the clients do with it, and who judges
 * what they were told. Members, faults and the rules of consensus know nothing of it.
 */
import type { StateMachine } from '../../node/index.ts';
import type { Address } from '../../ports/index.ts';
import type { Program } from '../machine/index.ts';
import type { Release } from './releases.ts';

/** Hears what a member's state machine comes to. */
export interface MachineObserver {
  /** The state after `index` has this hash. */
  reached(index: number, hash: number): void;
  /** A snapshot took the place of the state. */
  restored(): void;
  /** What follows is agreed at this level. */
  leveled(level: number): void;
}

/** Where a client lives, and how busy it is. */
export interface ClientPlace {
  readonly name: string;
  readonly endpoints: readonly Address[];
  /** How many registers there are. */
  readonly keys: number;
  /** Operations follow each other after up to so many milliseconds. */
  readonly pauseMsMax: number;
  /** Some writes are in the form of the second release, which a cluster of the first refuses. */
  readonly writesInSecondForm: boolean;
  /** Values are unique in a run, so that each read tells which write it saw. */
  readonly nextValue: () => number;
  /** Asked before each operation; false ends the client. */
  readonly mayBegin: () => boolean;
  /** How a read that this endpoint answers is called in the table of what was covered. */
  readonly readName: (endpoint: number) => string;
}

export interface Workload {
  /** What a member of this release has. */
  stateMachine(observer: MachineObserver, release: Release): StateMachine;
  client(place: ClientPlace): Program;
  /** Clients have heard all that they wait for. */
  isSettled(): boolean;
  /** Whom it waits for, one line each. */
  describe(): string[];
  /** What clients were told and is not so; `undefined`: nothing. */
  judge(): string | undefined;
}
