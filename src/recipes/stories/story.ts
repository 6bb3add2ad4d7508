/**
 * What a story of the recipes is: several programs, each with an engine of its own, on one server. Stories know no
 * test framework and no server: whoever tells them opens engines, and hears an error when a promise is broken.
 */
import { type AnyEngine, check, Listener } from '../../engines/conformance/index.ts';
import type { Capability } from '../../engines/port/index.ts';
import type { Clock } from '../../ports/index.ts';
import type { Coordination, CoordinationOptions } from '../coordination.ts';
import type { RecipeName } from './recipe-doors.ts';

export interface RecipeStory {
  readonly recipe: RecipeName;
  readonly name: string;
  /** Beyond what the recipe itself needs. */
  readonly needs?: readonly Capability[];
  readonly run: (stage: RecipeStage) => Promise<void>;
}

export interface RecipeStage {
  /** Of the recipe that the story is about; nobody else uses it. */
  readonly name: string;
  /** One more of the same server; closed when the story is over. */
  program(options?: CoordinationOptions): Promise<Program>;
}

/** What a program sees of the server, and all its recipes. */
export interface Program {
  readonly engine: AnyEngine;
  readonly recipes: Coordination<Capability>;
  /** Its timers stand still, so its sessions end without its knowing. */
  standStill(): void;
  goOn(): void;
}

/** Opens one more client of the server, which goes by this clock. */
export type OpenEngine = (options: { readonly clock: Clock }) => Promise<AnyEngine>;

/** Several programs at once, in the order in which they are called. */
export function programs(
  stage: RecipeStage,
  count: number,
  options?: CoordinationOptions,
): Promise<readonly Program[]> {
  return Promise.all(Array.from({ length: count }, () => stage.program(options)));
}

/** For a session that a story lets end: as short as the engine takes it, and long enough for a busy machine. */
export function shortTtlMs({ engine }: Program): number {
  return Math.max(engine.limits.ttlMsMin, 3_000);
}

/** Waits until so many items lie in a directory. */
export async function untilItems({ engine }: Program, directory: string, count: number): Promise<void> {
  const watch = engine.watch({ directory });
  const listener = new Listener(watch);
  try {
    await listener.until(() => listener.items.size === count);
  } finally {
    await watch.return();
  }
}

export function at<T>(list: readonly T[], place: number): T {
  const found = list[place];
  check(found !== undefined, `there is one at place ${place}`);
  return found;
}

export function numbersTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, place) => place + 1);
}

export function isGrowing(numbers: readonly (number | bigint)[]): boolean {
  return numbers.every((number, place) => place === 0 || number > at(numbers, place - 1));
}

/** The next reading of what somebody follows. */
export async function next<T>(readings: AsyncIterator<T>): Promise<T> {
  const { done, value } = await readings.next();
  check(done !== true, 'what nobody ended goes on');
  return value;
}

/** Reads on until one of them is what a story waits for. */
export async function nextThat<T>(readings: AsyncIterator<T>, holds: (reading: T) => boolean): Promise<T> {
  while (true) {
    const reading = await next(readings);
    if (holds(reading)) return reading;
  }
}
