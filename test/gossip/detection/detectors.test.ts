/** What every detector owes to those who use it, whatever it judges a silence with. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type FailureDetector,
  type Judgement,
  type JudgingOptions,
  type MemberStatus,
  PhiAccrualDetector,
  TimeoutDetector,
} from '../../../src/gossip/detection/index.ts';
import { refuses } from '../../time/refusals.ts';

type Make = (options?: JudgingOptions) => FailureDetector;

/** Both are suspicious of a member that beats each second after some 3 s, and sure after 5. */
const kinds: readonly (readonly [name: string, Make])[] = [
  ['phi', (options) => new PhiAccrualDetector({ deviationMin: 400, ...options })],
  ['timeout', (options) => new TimeoutDetector({ suspectAfter: '3s', unhealthyAfter: '5s', ...options })],
];

/** Time in the hands of the story, with everybody judged twice a second. */
class Watch {
  nowMs = 5_000;
  readonly detector: FailureDetector;
  readonly changes: string[] = [];

  constructor(detector: FailureDetector) {
    this.detector = detector;
  }

  hear(...ids: readonly string[]): void {
    for (const id of ids) {
      const change = this.detector.heartbeat(id, this.nowMs);
      if (typeof change === 'object') this.changes.push(`${change.id} ${change.from} ${change.to}`);
    }
  }

  judge(): void {
    this.detector.judgeAll(this.nowMs, ({ change }) => {
      if (change !== undefined) this.changes.push(`${change.id} ${change.from} ${change.to}`);
    });
  }

  /** So many seconds in which `ids` are heard of at the end of each. */
  pass(seconds: number, ...ids: readonly string[]): void {
    for (let half = 1; half <= seconds * 2; half += 1) {
      this.nowMs += 500;
      if (half % 2 === 0) this.hear(...ids);
      this.judge();
    }
  }

  status(id: string): MemberStatus {
    return this.detector.judge(id, this.nowMs).status;
  }
}

for (const [name, make] of kinds) {
  test(`${name}: who beats stays healthy, who stops is suspect and then unhealthy, and each is told once`, () => {
    const watch = new Watch(make());
    watch.hear('a', 'b');
    watch.pass(60, 'a', 'b');
    watch.pass(10, 'a');
    assert.deepEqual(watch.changes, [
      'a UNKNOWN HEALTHY',
      'b UNKNOWN HEALTHY',
      'b HEALTHY SUSPECT',
      'b SUSPECT UNHEALTHY',
    ]);
    const { silentMs, suspicion, strikes, change } = watch.detector.judge('b', watch.nowMs);
    assert.deepEqual({ silentMs, strikes, change }, { silentMs: 10_000, strikes: 0, change: undefined });
    assert.ok(suspicion > 1);
    assert.equal(watch.status('a'), 'HEALTHY');
  });

  test(`${name}: one long silence is nothing, if the next judging sees a heartbeat`, () => {
    const watch = new Watch(make({ leapMax: '10s' }));
    watch.hear('a');
    watch.pass(20, 'a');
    watch.nowMs += 4_900;
    watch.judge();
    assert.equal(watch.detector.judge('a', watch.nowMs).strikes, 1);
    watch.judge();
    watch.judge();
    assert.equal(watch.detector.judge('a', watch.nowMs).strikes, 1, 'a strike at most in an interval');
    watch.hear('a');
    watch.pass(10, 'a');
    assert.deepEqual(watch.changes, ['a UNKNOWN HEALTHY']);
  });

  test(`${name}: who comes back is healthy after two heartbeats, if there is no silence between them`, () => {
    const watch = new Watch(make());
    watch.hear('a');
    watch.pass(20, 'a');
    watch.pass(20);
    assert.equal(watch.status('a'), 'UNHEALTHY');
    watch.hear('a');
    assert.equal(watch.status('a'), 'UNHEALTHY');
    watch.pass(8);
    watch.hear('a');
    assert.equal(watch.status('a'), 'UNHEALTHY', 'the silence has made the first one worth nothing');
    watch.pass(1, 'a');
    assert.equal(watch.status('a'), 'HEALTHY');
  });

  test(`${name}: its own stall is nobody’s silence, whether it is told before what has arrived or behind it`, () => {
    for (const isToldFirst of [true, false]) {
      const watch = new Watch(make({ strikes: 1 }));
      watch.hear('a', 'b', 'c');
      watch.pass(20, 'a', 'b', 'c');
      // 1. The process stops for five seconds. 2. c has died in the meantime, a and b have gone on.
      watch.nowMs += 5_000;
      // 3. It goes on, and reads what has come; b was overlooked for one more second.
      if (isToldFirst) watch.detector.stalled(5_000, watch.nowMs);
      watch.hear('a');
      if (!isToldFirst) watch.detector.stalled(5_000, watch.nowMs);
      watch.judge();
      watch.pass(1, 'a', 'b');
      assert.deepEqual(watch.changes.slice(3), [], `told first: ${isToldFirst}`);
      // 4. What is silent by itself is found out as soon as ever.
      watch.pass(6, 'a', 'b');
      assert.deepEqual(watch.changes.slice(3), ['c HEALTHY SUSPECT', 'c SUSPECT UNHEALTHY']);
      watch.pass(7, 'a');
      assert.equal(watch.status('b'), 'UNHEALTHY', 'the stall lends nobody time for later');
    }
  });

  test(`${name}: who was heard of just behind a stall that is told late has no time lent`, () => {
    const watch = new Watch(make({ strikes: 1 }));
    watch.hear('a');
    watch.pass(20, 'a');
    watch.nowMs += 9_000;
    watch.hear('a');
    watch.detector.stalled(9_000, watch.nowMs);
    watch.pass(7);
    assert.equal(watch.detector.judge('a', watch.nowMs).silentMs, 7_000);
    assert.equal(watch.status('a'), 'UNHEALTHY');
  });

  test(`${name}: a clock that leaps, forward or back, makes nobody unhealthy and stops no judging`, () => {
    for (const leapMs of [1e15, -1e15, 3_600_000, -3_600_000]) {
      const watch = new Watch(make());
      watch.nowMs = 1e16;
      watch.hear('a', 'b');
      watch.pass(20, 'a', 'b');
      watch.nowMs += leapMs;
      watch.judge();
      watch.hear('a', 'b');
      watch.nowMs -= leapMs;
      watch.judge();
      watch.pass(20, 'a', 'b');
      assert.deepEqual(watch.changes.slice(2), [], `by ${leapMs}`);
      watch.pass(10, 'a');
      assert.deepEqual(watch.changes.slice(2), ['b HEALTHY SUSPECT', 'b SUSPECT UNHEALTHY'], `by ${leapMs}`);
    }
  });

  test(`${name}: readings that are a little out of order do not make time go faster`, () => {
    const watch = new Watch(make());
    watch.hear('a');
    for (let beat = 0; beat < 1_000; beat += 1) watch.detector.judge('a', watch.nowMs - (beat % 2) * 100);
    assert.equal(watch.detector.judge('a', watch.nowMs).silentMs, 0);
  });

  test(`${name}: who has left stays so, whatever arrives late, until it is removed`, () => {
    const watch = new Watch(make());
    watch.hear('a');
    assert.deepEqual(watch.detector.left('a'), { id: 'a', from: 'HEALTHY', to: 'LEFT' });
    assert.equal(watch.detector.left('a'), undefined);
    assert.equal(watch.detector.left('nobody'), undefined);
    watch.hear('a');
    watch.pass(20);
    assert.equal(watch.status('a'), 'LEFT');
    watch.detector.remove('a');
    watch.detector.remove('a');
    assert.equal(watch.status('a'), 'UNKNOWN');
    watch.hear('a');
    assert.equal(watch.status('a'), 'HEALTHY');
  });

  test(`${name}: members beyond the bound are refused, unless somebody has left`, () => {
    const detector = make({ membersMax: 2 });
    detector.heartbeat('a', 0);
    detector.heartbeat('b', 0);
    assert.equal(detector.heartbeat('c', 0), 'too-many-members');
    assert.equal(detector.judge('c', 0).status, 'UNKNOWN');
    assert.equal(detector.size, 2);
    detector.left('a');
    assert.deepEqual(detector.heartbeat('c', 0), { id: 'c', from: 'UNKNOWN', to: 'HEALTHY' });
    assert.equal(detector.judge('a', 0).status, 'UNKNOWN');
  });

  test(`${name}: a visitor may remove whom it is told of, and everybody is told of once`, () => {
    const detector = make();
    const ids = Array.from({ length: 50 }, (_, number) => `n${number}`);
    for (const id of ids) detector.heartbeat(id, 0);
    const visited: string[] = [];
    detector.judgeAll(0, ({ id }) => {
      visited.push(id);
      if (visited.length % 3 === 0) detector.remove(id);
    });
    assert.deepEqual(visited.sort(), ids.toSorted());
    assert.equal(detector.size, 34);
    const left: string[] = [];
    detector.judgeAll(0, ({ id }) => left.push(id));
    assert.equal(new Set(left).size, 34);
  });

  test(`${name}: judging all is judging each`, () => {
    const beat = fc.record({
      id: fc.constantFrom('a', 'b', 'c', 'd'),
      waitMs: fc.nat(2_000),
      isJudged: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(beat, { maxLength: 60 }), (beats) => {
        const [together, apart] = [make(), make()];
        const known = new Set<string>();
        let nowMs = 0;
        for (const { id, waitMs, isJudged } of beats) {
          nowMs += waitMs;
          if (!isJudged) {
            known.add(id);
            assert.deepEqual(together.heartbeat(id, nowMs), apart.heartbeat(id, nowMs));
            continue;
          }
          const seen: Judgement[] = [];
          together.judgeAll(nowMs, (judgement) => seen.push({ ...judgement }));
          const each = [...known].map((one) => apart.judge(one, nowMs));
          assert.deepEqual(seen.reverse(), each);
        }
      }),
    );
  });

  test(`${name}: readings and ids that are none are refused, and change nothing`, () => {
    const detector = make();
    detector.heartbeat('a', 1_000);
    for (const nowMs of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      refuses(() => detector.heartbeat('a', nowMs), 'invalid-option');
      refuses(() => detector.judge('a', nowMs), 'invalid-option');
      refuses(() => detector.judgeAll(nowMs, () => undefined), 'invalid-option');
    }
    refuses(() => detector.heartbeat('', 1_000), 'invalid-option');
    refuses(() => detector.stalled(-1, 1_000), 'invalid-option');
    refuses(() => detector.stalled(Number.NaN, 1_000), 'invalid-option');
    assert.equal(detector.judge('a', 1_500).silentMs, 500);
  });

  test(`${name}: options that make no sense are refused by name`, () => {
    const cases: readonly JudgingOptions[] = [
      { strikes: 0 },
      { strikes: 1.5 },
      { heartbeatsBack: 0 },
      { membersMax: 0 },
      { leapMax: 0 },
      { strikeEvery: -1 },
    ];
    for (const options of cases) refuses(() => make(options), 'invalid-option');
  });
}

test('a timeout detector that would be sure before it is suspicious is refused', () => {
  refuses(() => new TimeoutDetector({ suspectAfter: '3s', unhealthyAfter: '2s' }), 'invalid-option');
  refuses(() => new TimeoutDetector({ suspectAfter: 0 }), 'invalid-option');
});
