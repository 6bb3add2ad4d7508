/** The watch of one client: it reads slowly at times, begins anew at times, and is judged with each batch. */
import { isQuorateError, type Prng } from '../../../base/index.ts';
import type { StoreWatch } from '../../../client/index.ts';
import type { StoreClient } from './client-state.ts';
import { WatchJudge } from './watch-judge.ts';

const prefixes = ['', '', 'line/', 'count/', 'reg/', 'pair/', 'leased/', 'lock/'] as const;

/** Never resolves: a run ends before its watches do. */
export async function watchAll(
  self: StoreClient,
  prng: Prng,
  pause: (forMs: number) => Promise<void>,
): Promise<never> {
  const prefix = prng.pick(prefixes);
  const wantPrevious = prng.chance(0.5);
  let from = prng.chance(0.5) ? 1 : undefined;
  while (true) {
    const wantProgress = prng.chance(0.7);
    const { store, options } = self;
    const watch = store.watch(
      { prefix },
      { wantPrevious, wantProgress, ...(from === undefined ? {} : { from }) },
    );
    try {
      from ??= (await watch.began) + 1;
      const judge = new WatchJudge(options.truth, { name: options.name, prefix, from, wantPrevious });
      options.watches(judge);
      from = await follow({ self, watch, judge, prng, pause });
      options.monitor.count('watches taken up again');
    } catch (error) {
      if (!isQuorateError(error)) throw error;
      options.monitor.count(`watches ended: ${error.code}`);
      // What was in between is gone for this watch; its reader would list the keys and go on from there.
      from = undefined;
      await pause(100);
    }
  }
}

interface Followed {
  readonly self: StoreClient;
  readonly watch: StoreWatch;
  readonly judge: WatchJudge;
  readonly prng: Prng;
  readonly pause: (forMs: number) => Promise<void>;
}

/** Resolves to where a new watch shall go on; rejects with what ended this one. */
async function follow({ self, watch, judge, prng, pause }: Followed): Promise<number> {
  const { monitor } = self.options;
  try {
    for await (const batch of watch) {
      judge.heard(batch);
      monitor.count(batch.events.length === 0 ? 'watch marks heard' : 'watch batches heard');
      if (prng.chance(0.02)) break;
      if (prng.chance(0.05)) await pause(prng.below(2000));
    }
  } catch (error) {
    if (isQuorateError(error) && error.code === 'compacted') judge.compacted();
    throw error;
  }
  return judge.next;
}
