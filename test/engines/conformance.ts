/** Runs the conformance suite in Node's test runner: a test for each story that the engine can be told. */
import { test } from 'node:test';
import {
  type AnyEngine,
  engineStories,
  type Faults,
  missingFor,
  tellStory,
} from '../../src/engines/conformance/index.ts';
import type { Capability, Engine } from '../../src/engines/port/index.ts';

export interface Conforming {
  /** Opens one more client of the server that the tests have started. */
  readonly open: () => Promise<Engine>;
  readonly faults?: Faults;
  /** What the engine states, so that what is left out is known before anything is opened. */
  readonly provided: readonly Capability[];
}

/** What is left out goes by the capabilities alone, and none of it counts as skipped: it was never promised. */
export function conforms(name: string, { open, faults, provided }: Conforming): void {
  const record = Object.fromEntries(provided.map((capability) => [capability, true as const]));
  for (const story of engineStories) {
    if (missingFor(story, { provides: record as AnyEngine['provides'] }, faults) !== undefined) continue;
    test(`${name}: ${story.name}`, async () => {
      const run = `${process.pid}`;
      const opened = async (): Promise<AnyEngine> => (await open()) as AnyEngine;
      await tellStory(story, { open: opened, run, ...(faults === undefined ? {} : { faults }) });
    });
  }
}
