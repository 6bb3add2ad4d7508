/** What became of a planted bug, and of all of them: who saw it, and after how many seeds. */
import { basename } from 'node:path';
import { firstOwnNumber, type NamedMutant } from './catalogue.ts';
import { type Room, type SeedKind, seedKinds } from './juries.ts';

export interface Outcome {
  readonly mutant: string;
  readonly bug: string;
  readonly room: Room;
  /** The file of scenarios that was asked first. */
  readonly seenBy: string;
  /** Scenarios that failed, in order; without `--all` the first one only. */
  readonly tests: readonly string[];
  readonly seedKind: SeedKind;
  /** The first red seed, counted from 1. Absent: none of `seedsMax` was. */
  readonly seeds?: number;
  /** 0: no seed was tried. */
  readonly seedsMax: number;
}

export interface SeedTotals {
  readonly planted: number;
  readonly killed: number;
  /** Of the bugs that were seen, half were within so many seeds. Absent: none was seen. */
  readonly seedsMedian?: number;
}

export interface Totals {
  readonly planted: number;
  readonly killed: number;
  readonly killRate: number;
  readonly byScenarios: number;
  /** Bugs that scenarios saw, but none of the file that was asked first. */
  readonly elsewhere: number;
  /** Bugs of the list of what must never happen that were planted, and seen by a scenario of the same number. */
  readonly numbered: { readonly planted: number; readonly killed: number };
  readonly bySeeds: Readonly<Partial<Record<SeedKind, SeedTotals>>>;
  readonly byRoom: Readonly<Partial<Record<Room, { readonly planted: number; readonly killed: number }>>>;
}

export function isKilled({ tests, seeds }: Outcome): boolean {
  return tests.length > 0 || seeds !== undefined;
}

/** Whether a scenario that failed is one of this file. */
export function standsIn(test: string, file: string): boolean {
  return test.startsWith(`${basename(file, '.test.ts')} › `);
}

/** Seen by scenarios, but by none of the file that was asked first: that word of the bug is to be mended. */
export function isSeenElsewhere({ tests, seenBy }: Outcome): boolean {
  return tests.length > 0 && !tests.some((test) => standsIn(test, seenBy));
}

/** Matches the names of scenarios that bear the number of a bug: `7 · …`, or `24, 25 · …` for several. */
export function numberPattern(number: number): RegExp {
  return new RegExp(`(^|[ ,])${number}(, \\d+)* · `);
}

/** The scenario to name: the one that bears the bug's number, if it is among those that failed. */
export function foremost({ mutant, tests }: Outcome): string | undefined {
  const pattern = numberPattern(numberOf(mutant));
  return tests.find((test) => pattern.test(test)) ?? tests[0];
}

export function totalsOf(outcomes: readonly Outcome[]): Totals {
  const planted = outcomes.length;
  const killed = outcomes.filter(isKilled).length;
  const rooms = [...new Set(outcomes.map(({ room }) => room))].sort();
  return {
    planted,
    killed,
    killRate: planted === 0 ? 0 : killed / planted,
    byScenarios: outcomes.filter(({ tests }) => tests.length > 0).length,
    elsewhere: outcomes.filter(isSeenElsewhere).length,
    numbered: numberedTotals(outcomes),
    bySeeds: Object.fromEntries(
      seedKinds
        .map((kind) => [kind, seedTotals(outcomes, kind)] as const)
        .filter(([, totals]) => totals.planted > 0),
    ),
    byRoom: Object.fromEntries(
      rooms.map((room) => {
        const judged = outcomes.filter((outcome) => outcome.room === room);
        return [room, { planted: judged.length, killed: judged.filter(isKilled).length }];
      }),
    ),
  };
}

function numberedTotals(outcomes: readonly Outcome[]): { planted: number; killed: number } {
  const numbered = outcomes.filter(({ mutant }) => numberOf(mutant) < firstOwnNumber);
  const seen = numbered.filter((outcome) =>
    numberPattern(numberOf(outcome.mutant)).test(foremost(outcome) ?? ''),
  );
  return { planted: numbered.length, killed: seen.length };
}

function numberOf(mutant: string): number {
  return Number.parseInt(mutant, 10);
}

function seedTotals(outcomes: readonly Outcome[], kind: SeedKind): SeedTotals {
  const tried = outcomes.filter(({ seedKind, seedsMax }) => seedKind === kind && seedsMax > 0);
  const seeds = tried.flatMap((outcome) => outcome.seeds ?? []).sort((a, b) => a - b);
  const median = seeds[Math.floor((seeds.length - 1) / 2)];
  const totals = { planted: tried.length, killed: seeds.length };
  return median === undefined ? totals : { ...totals, seedsMedian: median };
}

/** Of `which/parts`, counted from 1: every so-many-th bug, so that each part meets all rooms. */
export function partOf(mutants: readonly NamedMutant[], part: string): NamedMutant[] {
  const [which = 0, parts = 0] = /^\d+\/\d+$/.test(part) ? part.split('/').map(Number) : [];
  if (!(which >= 1 && which <= parts)) throw new Error(`${part} is no part: say 1/7 to 7/7`);
  return mutants.filter((_, place) => place % parts === which - 1);
}
