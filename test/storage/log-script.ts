/** Makes batches that a correct host could hand to the log next, from random numbers and the model's state. */
import type { Prng } from '../../src/base/index.ts';
import type { GroupAppend } from '../../src/storage/index.ts';
import { entries } from './log-fixture.ts';
import type { LogModel } from './log-model.ts';

const configuration = {
  voters: [1, 2, 3],
  outgoing: [],
  learners: [],
  learnersNext: [],
  level: 1,
  details: [],
};
const groupsMax = 6;
/** Two groups are busy; the others sleep most of the time, so that what they keep must be written forward. */
const busyGroups = 2;

export function randomBatch(random: Prng, model: LogModel): GroupAppend[] {
  const awake = random.chance(0.9) ? busyGroups : groupsMax;
  const groups = random.shuffled([...new Array(awake).keys()]).slice(0, random.between(1, awake));
  return groups.map((group) => randomAppend(random, model, group));
}

function randomAppend(random: Prng, model: LogModel, group: number): GroupAppend {
  const { hardState, base, snapshot, entries: known } = model.group(group);
  const last = model.last(group);
  const term = Math.max(hardState.term, 1) + (random.chance(0.2) ? 1 : 0);
  const isVoteFree = term > hardState.term || hardState.vote === 0;
  const vote = isVoteFree ? random.between(0, 3) : hardState.vote;
  const choice = random.below(20);
  if (choice === 0) return { group, removed: true };
  if (choice === 1) {
    const mark = { index: last + random.between(1, 20), term, configuration };
    return { group, installed: mark, hardState: { term, vote, commit: mark.index } };
  }
  if (choice <= 4 && known.length > 0) {
    const index = random.between(Math.max(base.index + 1, snapshot?.index ?? 0), last);
    const mark = { index, term: (known[index - base.index - 1] as { term: number }).term, configuration };
    return { group, snapshot: mark, compactTo: random.between(base.index, index) };
  }
  if (choice <= 7)
    return {
      group,
      hardState: { term, vote, commit: random.between(Math.max(base.index, hardState.commit), last) },
    };
  // A new term may replace entries that were never committed here.
  const floor = Math.max(base.index, hardState.commit, snapshot?.index ?? 0);
  const first = term > hardState.term && random.chance(0.5) ? random.between(floor + 1, last + 1) : last + 1;
  const size = random.pick([10, 40, 300]);
  const added = entries(first, first + random.below(6), term, size);
  const commit = random.between(Math.min(hardState.commit, first - 1), first - 1 + added.length);
  return { group, hardState: { term, vote, commit: Math.max(commit, hardState.commit) }, entries: added };
}
