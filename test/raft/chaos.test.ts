import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chaosOf, chaosSteps } from './chaos-seeds.ts';

const seeds = Number(process.env['QUORATE_SEEDS'] ?? 20);
const first = Number(process.env['QUORATE_SEED'] ?? 1);

/** What a run must have met for its silence to mean anything. */
const coverage = [
  'became leader',
  'bridge',
  'crash',
  'damage',
  'disk stall',
  'isolation',
  'log-truncated',
  'lost entries',
  'made whole',
  'membership change',
  'one-way cut',
  'partition',
  'pause',
  'read answered',
  'read lease',
  'replay',
  'silent step',
  'snapshot shipped',
  'told to campaign',
  'transfer',
];

test('groups under every message-level fault keep the invariants of Raft, and recover', () => {
  const counts: Record<string, number> = {};
  for (let seed = first; seed < first + seeds; seed += 1) {
    const chaos = chaosOf(seed);
    try {
      chaos.run(chaosSteps);
      chaos.heal();
    } catch (error) {
      throw new Error(`seed ${seed}: replay with QUORATE_SEED=${seed} QUORATE_SEEDS=1\n${chaos.describe()}`, {
        cause: error,
      });
    }
    for (const [what, count] of Object.entries(chaos.counts)) counts[what] = (counts[what] ?? 0) + count;
  }
  if (process.env['QUORATE_VERBOSE']) console.log(counts);
  if (seeds < 20) return;
  for (const needed of coverage) assert(counts[needed], `covered: ${needed} in ${JSON.stringify(counts)}`);
});
