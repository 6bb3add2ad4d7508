import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chaos } from './chaos.ts';

const seeds = Number(process.env['QUORATE_SEEDS'] ?? 20);
const first = Number(process.env['QUORATE_SEED'] ?? 1);

test('groups under every message-level fault keep the invariants of Raft, and recover', () => {
  const counts: Record<string, number> = {};
  for (let seed = first; seed < first + seeds; seed += 1) {
    const chaos = new Chaos(seed, 3 + (seed % 3), {
      leaseReads: seed % 2 === 0,
      tailBytesMax: seed % 3 === 0 ? 1 << 20 : 2000,
      inflightMessagesMax: 8,
      appendBytesMax: 500,
      quiesceTicks: seed % 4 === 0 ? 20 : 0,
    });
    try {
      chaos.run(3000);
      chaos.heal();
    } catch (error) {
      throw new Error(`seed ${seed}: replay with QUORATE_SEED=${seed} QUORATE_SEEDS=1\n${chaos.describe()}`, {
        cause: error,
      });
    }
    for (const [what, count] of Object.entries(chaos.counts)) counts[what] = (counts[what] ?? 0) + count;
  }
  for (const needed of [
    'became leader',
    'crash',
    'partition',
    'snapshot shipped',
    'membership change',
    'read answered',
    'log-truncated',
  ]) {
    assert((counts[needed] ?? 0) > 0, `the faults covered: ${needed} in ${JSON.stringify(counts)}`);
  }
  if (process.env['QUORATE_VERBOSE']) console.log(counts);
});
