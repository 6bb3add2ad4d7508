/** Each recipe, how it is asked for, and what it needs: for stories, and for what an engine must refuse. */

import type { StandardSchema } from '../../base/index.ts';
import type { Capability } from '../../engines/port/index.ts';
import type { Coordination } from '../coordination.ts';
import { keptNeeds, queueNeeds, singletonNeeds, togetherNeeds, turnNeeds } from '../needs.ts';
import { engineAnswers } from '../resilience/index.ts';

export type RecipeName =
  | 'lock'
  | 'multi-lock'
  | 'read-write lock'
  | 'semaphore'
  | 'election'
  | 'singleton'
  | 'barrier'
  | 'double barrier'
  | 'latch'
  | 'counter'
  | 'sequence'
  | 'value'
  | 'map'
  | 'config'
  | 'agreement'
  | 'queue'
  | 'priority queue'
  | 'topic'
  | 'group'
  | 'id generator'
  | 'idempotency keys';

export interface RecipeDoor {
  readonly needs: readonly Capability[];
  /** Asks for it, and for nothing of it; an engine that lacks what it needs refuses here. */
  readonly ask: (recipes: Coordination<Capability>, name: string) => unknown;
}

/** Takes whatever it is given. */
const anything: StandardSchema<unknown> = {
  '~standard': { version: 1, vendor: 'quorate', validate: (value) => ({ value }) },
};

const turn = namesOf(turnNeeds);
const kept = namesOf(keptNeeds);
const queued = namesOf(queueNeeds);

export const recipeDoors: Readonly<Record<RecipeName, RecipeDoor>> = {
  lock: { needs: turn, ask: (recipes, name) => recipes.lock(name) },
  'multi-lock': { needs: turn, ask: (recipes, name) => recipes.locks([name]) },
  'read-write lock': { needs: turn, ask: (recipes, name) => recipes.readWriteLock(name) },
  semaphore: { needs: turn, ask: (recipes, name) => recipes.semaphore(name, { permits: 1 }) },
  election: { needs: turn, ask: (recipes, name) => recipes.election(name) },
  singleton: {
    needs: namesOf(singletonNeeds),
    ask: (recipes, name) => recipes.singleton(name, { every: '1h' }, () => undefined).close(),
  },
  barrier: { needs: [], ask: (recipes, name) => recipes.barrier(name) },
  'double barrier': {
    needs: namesOf(togetherNeeds),
    ask: (recipes, name) => recipes.doubleBarrier(name, 2),
  },
  latch: { needs: kept, ask: (recipes, name) => recipes.latch(name, 1) },
  counter: { needs: kept, ask: (recipes, name) => recipes.counter(name) },
  sequence: { needs: kept, ask: (recipes, name) => recipes.sequence(name) },
  value: { needs: [], ask: (recipes, name) => recipes.value(name) },
  map: { needs: [], ask: (recipes, name) => recipes.map(name) },
  config: { needs: kept, ask: (recipes, name) => recipes.config(name, { schema: anything }) },
  agreement: { needs: kept, ask: (recipes, name) => recipes.agree(name, 1) },
  queue: { needs: queued, ask: (recipes, name) => recipes.queue(name) },
  'priority queue': { needs: queued, ask: (recipes, name) => recipes.priorityQueue(name) },
  topic: { needs: queued, ask: (recipes, name) => recipes.topic(name) },
  group: { needs: [], ask: (recipes, name) => recipes.group(name) },
  'id generator': { needs: kept, ask: (recipes, name) => recipes.idGenerator(name) },
  'idempotency keys': { needs: queued, ask: ({ engine }, name) => engineAnswers(engine, name).close() },
};

function namesOf(needs: Partial<Record<Capability, true>>): readonly Capability[] {
  return Object.keys(needs) as Capability[];
}
