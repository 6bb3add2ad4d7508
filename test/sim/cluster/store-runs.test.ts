/** Runs in which members hold the whole store: clean as they are, and not with a bug in them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Leadership, StoreMachine } from '../../../src/node/index.ts';
import { type PlannedFault, runTurns, simulate } from '../../../src/sim/index.ts';

const short = { turns: runTurns, scenario: 'store', faultMs: 7_000, healMs: 16_000 };

test('a run of the store is clean, replays bit by bit, and meets what it is about', async () => {
  // A holder stands still for longer than any session lives; nodes die under watches, and the leader among them.
  const plan: PlannedFault[] = [
    { atMs: 1_500, fault: { kind: 'pause', machine: 'c1', forMs: 6_000 } },
    ...[1, 2, 3, 4, 5].map(
      (member): PlannedFault => ({
        atMs: 1_500 + 800 * member,
        fault: { kind: 'kill', machine: `n${member}`, forMs: 300 },
      }),
    ),
  ];
  const report = await simulate({ ...short, seed: 11, plan });
  assert.equal(report.violation, undefined);
  const again = await simulate({ ...short, seed: 11, plan });
  assert.equal(again.traceHash, report.traceHash);
  for (const what of [
    'sessions opened',
    'leases expired',
    'leases given up',
    'locks taken',
    'guarded writes',
    'guarded writes refused',
    'watch batches heard',
    'watch marks heard',
    'watches taken up again',
    'keys appended',
    'counters added to',
    'counters at their bounds',
  ]) {
    assert((report.coverage.get(what) ?? 0) > 0, what);
  }
});

/** Its leader counts leases three times as fast as time passes. */
class Hasty extends StoreMachine {
  override tick(now: number, leadership: Leadership | undefined): void {
    super.tick(3 * now, leadership);
  }
}

test('36 · a leader that ends leases before their time is found', async () => {
  const { violation } = await simulate({ ...short, seed: 8, plan: [], storeMachine: () => new Hasty() });
  assert.match(
    violation ?? '',
    /lease \d+ (ends by lease-expire, and its holder relies on it|of \d+ ms expires)/,
  );
});

/** Comes to another state now and then. */
class Astray extends StoreMachine {
  override hash(): number {
    return this.applied % 97 === 96 ? 0 : super.hash();
  }
}

test('a member whose state differs from that of the others is found', async () => {
  let members = 0;
  const { violation } = await simulate({
    ...short,
    seed: 16,
    plan: [],
    storeMachine: () => {
      members += 1;
      return members === 2 ? new Astray() : new StoreMachine();
    },
  });
  assert.match(violation ?? '', /member \d+ applied something else at \d+ than the first that applied it/);
});
