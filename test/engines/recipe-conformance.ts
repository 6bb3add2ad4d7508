/**
 * Runs the stories of the recipes in Node's test runner, some at a time: most of their time they wait for a session to
 * end. A recipe that the engine lacks something for is told once, as refused.
 */
import { suite, test } from 'node:test';
import type { AnyEngine } from '../../src/engines/conformance/index.ts';
import type { Capability, Engine } from '../../src/engines/port/index.ts';
import type { Clock } from '../../src/ports/index.ts';
import { realClock } from '../../src/ports/real/index.ts';
import {
  lackingForRecipe,
  lackingForStory,
  type RecipeStoryRun,
  recipeNames,
  recipeStories,
  tellRecipeRefusal,
  tellRecipeStory,
} from '../../src/recipes/stories/index.ts';
import { registers } from './registry-conformance.ts';
import { outlivesStop } from './stopped-holder.ts';

export interface Coordinating {
  /** Opens one more client of the server that the tests have started, which goes by this clock. */
  readonly open: (options: { readonly clock: Clock }) => Promise<Engine>;
  /** What the engine states. */
  readonly provided: readonly Capability[];
}

export interface Stoppable extends Coordinating {
  /** Where a program of its own reaches the server. */
  readonly url: string;
}

/** So many stories at once: few enough for a server's connections, and for a machine with two cores. */
const concurrency = 8;

export function coordinates(name: string, { open, provided, url }: Stoppable): void {
  const engine = statedBy(provided);
  suite(`${name}: recipes`, { concurrency }, () => {
    refuses(name, { open, provided });
    registers(name, open);
    outlivesStop(name, { url, open: () => open({ clock: realClock() }) });
    for (const story of recipeStories) {
      if (lackingForRecipe(story.recipe, engine) !== undefined) continue;
      if (lackingForStory(story, engine) !== undefined) continue;
      test(`${name}: ${story.recipe}: ${story.name}`, () => tellRecipeStory(story, runOf(open)));
    }
  });
}

/** The recipes that the engine lacks something for, and no others. */
export function refuses(name: string, { open, provided }: Coordinating): void {
  const engine = statedBy(provided);
  for (const recipe of recipeNames) {
    const missing = lackingForRecipe(recipe, engine);
    if (missing === undefined) continue;
    test(`${name}: ${recipe} is refused for want of ${missing}`, () =>
      tellRecipeRefusal(recipe, runOf(open)));
  }
}

function statedBy(provided: readonly Capability[]): Pick<AnyEngine, 'provides'> {
  const provides = Object.fromEntries(provided.map((capability) => [capability, true as const]));
  return { provides: provides as AnyEngine['provides'] };
}

function runOf(open: Coordinating['open']): RecipeStoryRun {
  return { open: async (options) => (await open(options)) as AnyEngine, run: `${process.pid}` };
}
