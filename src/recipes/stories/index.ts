/**
 * The recipes' promises as stories, told on each engine with its real server: several programs, some of which stand
 * still past the end of their sessions. A recipe that an engine lacks something for has one story there, that it is
 * refused with the name of what is missing; nothing is left out for another reason.
 */
import { type AnyEngine, check, refusal } from '../../engines/conformance/index.ts';
import { type Capability, provides } from '../../engines/port/index.ts';
import { realClock } from '../../ports/real/index.ts';
import { coordinate } from '../index.ts';
import { answerStories } from './answer-stories.ts';
import { leaderStories } from './leader-stories.ts';
import { lockStories } from './lock-stories.ts';
import { meetingStories } from './meeting-stories.ts';
import { numberStories } from './number-stories.ts';
import { queueStories } from './queue-stories.ts';
import { type RecipeName, recipeDoors } from './recipe-doors.ts';
import { sharedTurnStories } from './shared-turn-stories.ts';
import { StandingClock } from './standing-clock.ts';
import type { OpenEngine, Program, RecipeStory } from './story.ts';
import { valueStories } from './value-stories.ts';

export type { RecipeName } from './recipe-doors.ts';
export { StandingClock } from './standing-clock.ts';
export type { OpenEngine, Program, RecipeStage, RecipeStory } from './story.ts';

export const recipeStories: readonly RecipeStory[] = [
  ...lockStories,
  ...sharedTurnStories,
  ...leaderStories,
  ...meetingStories,
  ...numberStories,
  ...valueStories,
  ...queueStories,
  ...answerStories,
];

export const recipeNames: readonly RecipeName[] = Object.keys(recipeDoors) as RecipeName[];

export interface RecipeStoryRun {
  readonly open: OpenEngine;
  /** In the name of the recipe; another one for each run on the same data. */
  readonly run: string;
}

/** What an engine lacks for a recipe; undefined when it has all of it. */
export function lackingForRecipe(
  recipe: RecipeName,
  engine: Pick<AnyEngine, 'provides'>,
): Capability | undefined {
  return recipeDoors[recipe].needs.find((need: Capability) => !provides(engine.provides, need));
}

/** What an engine lacks for a story of a recipe that it can have. */
export function lackingForStory(
  { needs = [] }: RecipeStory,
  engine: Pick<AnyEngine, 'provides'>,
): Capability | undefined {
  return needs.find((need) => !provides(engine.provides, need));
}

/** Tells one story; rejects when a promise is broken. All that it opened is closed, whatever happened. */
export async function tellRecipeStory(story: RecipeStory, { open, run }: RecipeStoryRun): Promise<void> {
  const opened: Program[] = [];
  const name = `${story.recipe} ${story.name}`.replaceAll(/[^a-z]+/g, '-').slice(0, 60);
  try {
    await story.run({
      name: `${name}-${run}`,
      program: async (options) => {
        const program = await openProgram(open, options);
        opened.push(program);
        return program;
      },
    });
  } finally {
    for (const { goOn } of opened) goOn();
    await Promise.all(
      opened.map(async ({ recipes, engine }) => {
        await recipes.close();
        await engine.close();
      }),
    );
  }
}

/** That a recipe for which the engine lacks something is refused when it is asked for, and says what is missing. */
export async function tellRecipeRefusal(recipe: RecipeName, { open, run }: RecipeStoryRun): Promise<void> {
  const { recipes, engine } = await openProgram(open);
  const door = recipeDoors[recipe];
  try {
    const missing = lackingForRecipe(recipe, engine);
    check(missing !== undefined, `${engine.kind} lacks something for a ${recipe}`);
    let error: unknown;
    const asking = Promise.resolve()
      .then(() => door.ask(recipes, run))
      .catch((reason: unknown) => {
        error = reason;
        throw reason;
      });
    const code = await refusal(asking, `a ${recipe} on ${engine.kind}`);
    check(code === 'capability-missing', `it is refused with ${code}`);
    check(String(error).includes(missing), `it names ${missing}: ${error}`);
  } finally {
    await recipes.close();
    await engine.close();
  }
}

async function openProgram(
  open: OpenEngine,
  options: Parameters<typeof coordinate>[1] = {},
): Promise<Program> {
  const clock = new StandingClock(realClock());
  const engine = await open({ clock });
  return {
    engine,
    recipes: coordinate<Capability>(engine, options),
    standStill: () => clock.standStill(),
    goOn: () => clock.goOn(),
  };
}
