/**
 * Without a bug everything that judges must be green; otherwise a kill says nothing. Whoever judges first is
 * looked at before any bug is planted, the others of a room once, when a bug comes to be judged by them.
 */
import { type Room, scenarioFiles } from './juries.ts';
import { allScenarios, failedScenarios, firstRedSeed, type SeedOptions } from './trial.ts';
import type { Workshop } from './workshop.ts';

export class Health {
  readonly #rooms = new Map<Room, Promise<void>>();

  async assertScenarios(workshop: Workshop, files: readonly string[]): Promise<void> {
    const tests = await failedScenarios(workshop, { files, until: allScenarios });
    if (tests.length > 0) throw new Error(`red without any bug: ${tests.join(', ')}`);
  }

  /** The workshop must hold no bug until this is done. */
  async assertRoom(workshop: Workshop, room: Room): Promise<void> {
    const files = scenarioFiles(room, workshop.directory);
    const checked = this.#rooms.get(room) ?? this.assertScenarios(workshop, files);
    this.#rooms.set(room, checked);
    await checked;
  }

  async assertSeeds(workshop: Workshop, options: SeedOptions): Promise<void> {
    const seed = await firstRedSeed(workshop, options);
    if (seed !== undefined) throw new Error(`red without any bug: ${options.kind} seed ${seed}`);
  }
}
