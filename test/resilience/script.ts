/** What tests of policies share: tasks that fail on purpose, and time that goes on until a call has its answer. */
import { type AbortWatcher, Call } from '../../src/resilience/call.ts';
import type { ManualClock } from '../net/manual-clock.ts';
import { turn } from '../net/manual-clock.ts';

/** Knows who waits for its end. */
export class WatchedCall extends Call {
  readonly watchers: Set<AbortWatcher> = new Set();

  override watch(watcher: AbortWatcher): void {
    this.watchers.add(watcher);
  }

  override unwatch(watcher: AbortWatcher): void {
    this.watchers.delete(watcher);
  }
}

export function failing(thrown: unknown): () => never {
  return () => {
    throw thrown;
  };
}

type Settled = { readonly value: unknown } | { readonly error: unknown };

/** How `answer` ends, while time goes on in steps; gives up after more than enough of them. */
export async function settled(clock: ManualClock, answer: Promise<unknown>, stepMs = 10): Promise<Settled> {
  const ends: Settled[] = [];
  answer.then(
    (value) => ends.push({ value }),
    (error: unknown) => ends.push({ error }),
  );
  await turn();
  for (let steps = 0; steps < 360_000; steps += 1) {
    const [ended] = ends;
    if (ended !== undefined) return ended;
    clock.advance(stepMs);
    await turn();
  }
  throw new Error('the call has no answer, however long it is given');
}
