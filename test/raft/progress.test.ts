import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Inflight } from '../../src/raft/inflight.ts';
import { Progress } from '../../src/raft/progress.ts';

function progressAt(next: number): Progress {
  return new Progress({ member: 2, next, inflightMessagesMax: 4, inflightBytesMax: 1000 });
}

/** The member has accepted everything up to `match`, and messages up to `sent` are on their way. */
function replicating(match: number, sent: number = match): Progress {
  const progress = progressAt(match + 1);
  progress.accepted(match);
  if (sent > match) progress.sent(sent, 10);
  return progress;
}

function snapshotting(match: number, index: number): Progress {
  const progress = replicating(match);
  progress.becomeSnapshotting(index);
  return progress;
}

function probing(match: number, next: number, waiting = true): Progress {
  const progress = progressAt(next);
  progress.accepted(match);
  progress.becomeProbing();
  // Only a rejection moves a probe back, so start from the far end.
  const probe = progressAt(next);
  if (waiting) probe.sent(next - 1, 0);
  return match === 0 ? probe : progress;
}

interface Row {
  readonly name: string;
  readonly from: Progress;
  readonly event: (progress: Progress) => unknown;
  readonly pace: 'probe' | 'probe, waiting' | 'replicate' | 'snapshot';
  readonly match: number;
  readonly next: number;
  readonly isEmpty?: boolean;
}

const rows: readonly Row[] = [
  {
    name: 'a probe that is sent waits',
    from: probing(0, 9, false),
    event: (it) => it.sent(12, 400),
    pace: 'probe, waiting',
    match: 0,
    next: 9,
  },
  {
    name: 'a probe that is accepted begins to replicate',
    from: probing(0, 9),
    event: (it) => it.accepted(8),
    pace: 'replicate',
    match: 8,
    next: 9,
  },
  {
    name: 'a probe that is accepted with its entries goes on behind them',
    from: probing(0, 9),
    event: (it) => it.accepted(12),
    pace: 'replicate',
    match: 12,
    next: 13,
  },
  {
    name: 'a probe that is rejected goes back to the hint',
    from: probing(0, 9),
    event: (it) => it.rejected(8, 3),
    pace: 'probe',
    match: 0,
    next: 4,
  },
  {
    name: 'and at least one step, whatever the hint',
    from: probing(0, 9),
    event: (it) => it.rejected(8, 8),
    pace: 'probe',
    match: 0,
    next: 8,
  },
  {
    name: 'a rejection of another probe is stale',
    from: probing(0, 9),
    event: (it) => it.rejected(6, 2),
    pace: 'probe, waiting',
    match: 0,
    next: 9,
  },
  {
    name: 'a probe may be repeated when a sign of life came',
    from: probing(0, 9),
    event: (it) => it.probeAgain(),
    pace: 'probe',
    match: 0,
    next: 9,
  },
  {
    name: 'while replicating, what is sent counts as arrived for the next one',
    from: replicating(5),
    event: (it) => it.sent(8, 100),
    pace: 'replicate',
    match: 5,
    next: 9,
    isEmpty: false,
  },
  {
    name: 'an empty message takes no room in the window',
    from: replicating(5),
    event: (it) => it.sent(5, 0),
    pace: 'replicate',
    match: 5,
    next: 6,
    isEmpty: true,
  },
  {
    name: '7 · a late acceptance takes nothing back',
    from: replicating(5, 8),
    event: (it) => it.accepted(3),
    pace: 'replicate',
    match: 5,
    next: 9,
    isEmpty: false,
  },
  {
    name: 'while replicating, a rejection means loss: begin behind what is known',
    from: replicating(5, 12),
    event: (it) => it.rejected(9, 2),
    pace: 'probe',
    match: 5,
    next: 6,
    isEmpty: true,
  },
  {
    name: '7 · a rejection of what was accepted is stale',
    from: replicating(5, 8),
    event: (it) => it.rejected(5, 2),
    pace: 'replicate',
    match: 5,
    next: 9,
    isEmpty: false,
  },
  {
    name: 'a sign of life changes nothing while replicating',
    from: replicating(5, 8),
    event: (it) => it.probeAgain(),
    pace: 'replicate',
    match: 5,
    next: 9,
  },
  {
    name: 'a broken connection begins behind what is known',
    from: replicating(5, 12),
    event: (it) => it.becomeProbing(),
    pace: 'probe',
    match: 5,
    next: 6,
    isEmpty: true,
  },
  {
    name: 'a rejection says nothing while a snapshot is on its way',
    from: snapshotting(5, 20),
    event: (it) => it.rejected(9, 2),
    pace: 'snapshot',
    match: 5,
    next: 6,
  },
  {
    name: 'an acceptance before the snapshot’s end is taken, and the snapshot goes on',
    from: snapshotting(5, 20),
    event: (it) => it.accepted(9),
    pace: 'snapshot',
    match: 9,
    next: 10,
  },
  {
    name: 'an acceptance of the snapshot’s end ends it',
    from: snapshotting(5, 20),
    event: (it) => it.accepted(20),
    pace: 'replicate',
    match: 20,
    next: 21,
  },
  {
    name: 'a delivered stream waits behind the snapshot for a sign of life',
    from: snapshotting(5, 20),
    event: (it) => it.snapshotEnded(true),
    pace: 'probe, waiting',
    match: 5,
    next: 21,
  },
  {
    name: 'a failed stream waits for a sign of life before it is tried again',
    from: snapshotting(5, 20),
    event: (it) => it.snapshotEnded(false),
    pace: 'probe, waiting',
    match: 5,
    next: 6,
  },
  {
    name: 'the end of a stream that nobody waits for is nothing',
    from: replicating(5, 8),
    event: (it) => it.snapshotEnded(true),
    pace: 'replicate',
    match: 5,
    next: 9,
  },
  {
    name: 'a loss takes the match back',
    from: replicating(8),
    event: (it) => it.lost(3),
    pace: 'replicate',
    match: 3,
    next: 9,
  },
];

for (const { name, from, event, pace, match, next, isEmpty } of rows) {
  test(`pace: ${name}`, () => {
    event(from);
    const shown = from.pace.kind === 'probe' && from.pace.waiting ? 'probe, waiting' : from.pace.kind;
    assert.deepEqual({ pace: shown, match: from.match, next: from.next }, { pace, match, next });
    if (isEmpty !== undefined) assert.equal(from.inflight.isEmpty, isEmpty);
  });
}

test('who lost data counts towards no quorum, however much it holds again, until it says so as one that is whole', () => {
  const progress = replicating(8);
  progress.answered(4);
  assert.deepEqual([progress.countedMatch, progress.countedRound], [8, 4]);
  progress.lost(3);
  progress.accepted(12);
  progress.answered(9);
  assert.deepEqual([progress.match, progress.countedMatch, progress.countedRound], [12, 0, 0]);
  progress.repaired();
  assert.deepEqual([progress.match, progress.countedMatch, progress.countedRound], [12, 0, 4]);
  progress.accepted(12);
  assert.equal(progress.countedMatch, 12);
});

test('nothing is sent to a member that waits for a snapshot', () => {
  assert.throws(() => snapshotting(5, 20).sent(6, 10), { name: 'AssertionFailure' });
});

type Event = readonly [
  kind: 'sent' | 'accepted' | 'rejected' | 'broken' | 'snapshot' | 'ended' | 'alive',
  size: number,
];

const events: fc.Arbitrary<Event[]> = fc.array(
  fc.tuple(
    fc.constantFrom(
      'sent',
      'sent',
      'accepted',
      'accepted',
      'rejected',
      'broken',
      'snapshot',
      'ended',
      'alive',
    ),
    fc.nat(30),
  ) as fc.Arbitrary<Event>,
  { maxLength: 60 },
);

test('whatever is answered, a match never falls, and what is sent next lies behind it', () => {
  fc.assert(
    fc.property(events, (script) => {
      const progress = progressAt(10);
      let match = 0;
      for (const [kind, size] of script) {
        const { pace } = progress;
        if (kind === 'sent' && pace.kind !== 'snapshot') progress.sent(progress.next - 1 + size, size);
        else if (kind === 'accepted') progress.accepted(size);
        else if (kind === 'rejected') progress.rejected(size, Math.max(0, size - 3));
        else if (kind === 'broken' && pace.kind === 'replicate') progress.becomeProbing();
        else if (kind === 'snapshot' && pace.kind === 'probe')
          progress.becomeSnapshotting(progress.next + size);
        else if (kind === 'ended') progress.snapshotEnded(size % 2 === 0);
        else if (kind === 'alive') progress.probeAgain();
        assert(progress.match >= match);
        assert(progress.next > progress.match);
        assert(progress.pace.kind === 'replicate' || progress.inflight.isEmpty);
        match = progress.match;
      }
    }),
    { numRuns: 1000 },
  );
});

test('the window is the messages and bytes that were sent and not acknowledged', () => {
  const sizes = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 50 })), { maxLength: 50 });
  fc.assert(
    fc.property(
      sizes,
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 150 }),
      (script, most, bytesMax) => {
        const window = new Inflight(most, bytesMax);
        let model: { last: number; bytes: number }[] = [];
        let last = 0;
        for (const [isSent, size] of script) {
          if (isSent) {
            last += size;
            window.add(last, size);
            model.push({ last, bytes: size });
          } else {
            const match = last - size;
            window.acknowledge(match);
            model = model.filter((sent) => sent.last > match);
          }
          const bytes = model.reduce((sum, sent) => sum + sent.bytes, 0);
          assert.equal(window.isFull, model.length >= most || bytes >= bytesMax);
          assert.equal(window.isEmpty, model.length === 0);
        }
        window.clear();
        assert(window.isEmpty && !window.isFull);
      },
    ),
  );
});
