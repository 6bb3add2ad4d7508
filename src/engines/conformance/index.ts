/**
 * The conformance suite: every promise of the engine port as a story, told to each engine with its real server. A
 * story that needs a capability which an engine does not state is left out, and for no other reason.
 */
import { provides } from '../port/index.ts';
import { callStories } from './call-stories.ts';
import { itemStories } from './item-stories.ts';
import { sessionStories } from './session-stories.ts';
import type { AnyEngine, Faults, Stage, Story } from './story.ts';
import { watchStories } from './watch-stories.ts';

export {
  type AnyEngine,
  check,
  type Faults,
  Listener,
  refusal,
  type Stage,
  type Story,
  same,
} from './story.ts';

export const engineStories: readonly Story[] = [
  ...itemStories,
  ...sessionStories,
  ...watchStories,
  ...callStories,
];

export interface StoryRun {
  readonly open: () => Promise<AnyEngine>;
  readonly faults?: Faults;
  /** In the name of the directory; another one for each run on the same data. */
  readonly run: string;
}

/** The capability that is missing for a story, or `faults`; undefined when it can be told. */
export function missingFor(
  story: Story,
  engine: Pick<AnyEngine, 'provides'>,
  faults: Faults | undefined,
): string | undefined {
  return story.needs.find((need) =>
    need === 'faults' ? faults === undefined : !provides(engine.provides, need),
  );
}

/** Tells one story; rejects when a promise is broken. The engines that it opened are closed, whatever happened. */
export async function tellStory(story: Story, { open, faults, run }: StoryRun): Promise<void> {
  const opened: AnyEngine[] = [];
  const stage: Stage = {
    directory: `conformance/${story.name.replaceAll(/[^a-z]+/g, '-').slice(0, 60)}-${run}`,
    faults,
    open: async () => {
      const engine = await open();
      opened.push(engine);
      return engine;
    },
  };
  try {
    await story.run(stage);
  } finally {
    await Promise.all(opened.map((engine) => engine.close()));
  }
}
