/** Runs in which clients take locks by the recipe: clean as they are, and not with a bug below them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Leadership, StoreMachine } from '../../../src/node/index.ts';
import { type PlannedFault, runTurns, simulate } from '../../../src/sim/index.ts';

const short = { turns: runTurns, scenario: 'locks', faultMs: 7_000, healMs: 16_000 };

test('a run of locks is clean, replays bit by bit, and meets what it is about', async () => {
  // Holders stand still for longer than any session lives; the leader dies among the members.
  const plan: PlannedFault[] = [
    { atMs: 1_500, fault: { kind: 'pause', machine: 'c1', forMs: 5_000 } },
    { atMs: 3_000, fault: { kind: 'pause', machine: 'c2', forMs: 5_000 } },
    ...[1, 2, 3].map(
      (member): PlannedFault => ({
        atMs: 2_000 + 800 * member,
        fault: { kind: 'kill', machine: `n${member}`, forMs: 300 },
      }),
    ),
  ];
  const report = await simulate({ ...short, seed: 12, plan });
  assert.equal(report.violation, undefined);
  const again = await simulate({ ...short, seed: 12, plan });
  assert.equal(again.traceHash, report.traceHash);
  for (const what of ['locks granted', 'guarded writes', 'leases expired', 'turns ended by session-expired'])
    assert.ok((report.coverage.get(what) ?? 0) > 0, what);
});

/** Its leader counts leases six times as fast as time passes, so the next one is let in too early. */
class Hasty extends StoreMachine {
  override tick(now: number, leadership: Leadership | undefined): void {
    super.tick(6 * now, leadership);
  }
}

test('a lock that goes to the next one while its holder relies on it is found', async () => {
  const { violation } = await simulate({ ...short, seed: 8, plan: [], storeMachine: () => new Hasty() });
  assert.match(violation ?? '', /its holder relies on it|ms expires|believes to hold it/);
});
