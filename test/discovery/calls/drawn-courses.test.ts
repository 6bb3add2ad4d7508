/**
 * Drawn courses of many calls at once in virtual time: instances that answer, refuse, lose, hang and ignore that they
 * are given up, callers who give up, instances that come, drain and go. Whatever happens, what must hold holds.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { InstanceStatus, PickerName } from '../../../src/discovery/index.ts';
import { turn } from '../../net/manual-clock.ts';
import { after, hanging, lost, refused, Scene } from './scene.ts';

type Outcome = 'answers' | 'refuses' | 'loses' | 'hangs' | 'deaf';

interface CallSketch {
  readonly outcomes: readonly Outcome[];
  readonly idempotent: boolean;
  readonly givenUpAfterMs: number | undefined;
  readonly key: string | undefined;
}

interface Tried {
  readonly id: string;
  readonly atMs: number;
  /** Instances that passed at that moment. */
  readonly passing: ReadonlySet<string>;
}

const ids = ['a', 'b', 'c', 'd'];
const deadlineMs = 1_000;
const triesMost = 3;

const callSketch: fc.Arbitrary<CallSketch> = fc.record({
  outcomes: fc.array(fc.constantFrom<Outcome[]>('answers', 'refuses', 'loses', 'hangs', 'deaf'), {
    minLength: 1,
    maxLength: 4,
  }),
  idempotent: fc.boolean(),
  givenUpAfterMs: fc.option(fc.integer({ min: 0, max: 600 }), { nil: undefined, freq: 4 }),
  key: fc.option(fc.constantFrom('x', 'y', 'z'), { nil: undefined }),
});
const status = fc.option(fc.constantFrom<InstanceStatus[]>('passing', 'passing', 'critical', 'draining'), {
  nil: undefined,
});
const step = fc.record({
  calls: fc.array(callSketch, { maxLength: 4 }),
  statuses: fc.option(fc.tuple(status, status, status, status), { nil: undefined, freq: 2 }),
  afterMs: fc.integer({ min: 0, max: 400 }),
});

/** One call; resolves, when it is answered, to what judges all that was tried for it, later tries included. */
async function made(
  scene: Scene,
  sketch: CallSketch,
  passing: () => ReadonlySet<string>,
): Promise<() => void> {
  const tried: Tried[] = [];
  const begunMs = scene.clock.now();
  const controller = new AbortController();
  const { givenUpAfterMs, idempotent, key } = sketch;
  if (givenUpAfterMs !== undefined)
    scene.clock.setTimer(givenUpAfterMs, () => controller.abort(new Error('enough')));
  const answer = scene.orders.call(
    (target, call) => {
      tried.push({ id: target.id, atMs: scene.clock.now(), passing: passing() });
      switch (sketch.outcomes[tried.length - 1] ?? 'answers') {
        case 'answers':
          return target.id;
        case 'refuses':
          throw refused();
        case 'loses':
          throw lost();
        case 'hangs':
          return hanging(target, call);
        default:
          return after(scene.clock, 3_000, 'too late');
      }
    },
    { idempotent, signal: controller.signal, ...(key !== undefined && { key }) },
  );
  await answer.catch(() => undefined);
  const endMs = scene.clock.now();
  return () => judge(tried, sketch, begunMs, endMs);
}

function judge(
  tried: readonly Tried[],
  { outcomes, idempotent }: CallSketch,
  begunMs: number,
  endMs: number,
): void {
  assert.ok(endMs - begunMs <= deadlineMs, `answered ${endMs - begunMs} ms later`);
  for (const [number, { id, atMs, passing }] of tried.entries()) {
    const before = tried.slice(0, number);
    assert.ok(atMs <= endMs && atMs - begunMs < deadlineMs, 'nothing begins when nobody waits any more');
    assert.ok(passing.has(id) || passing.size === 0, `${id} is called, and is not passing`);
    const ways = before.some((one) => one.id === id);
    const isAlone = [...passing].every((other) => before.some((one) => one.id === other));
    assert.ok(!ways || isAlone, `${id} is tried again, though others were not tried`);
    // Hedges are for idempotent calls only, so what stands before is over, and had no effect.
    if (!idempotent) for (const place of before.keys()) assert.equal(outcomes[place], 'refuses');
  }
  assert.ok(tried.length <= 2 * triesMost, `${tried.length} tries`);
}

for (const picker of [
  'round-robin',
  'least-connections',
  'peak-ewma',
  'bounded-load',
] satisfies PickerName[]) {
  test(`${picker}: each call is tried as it may be, and leaves nothing behind`, async () => {
    const course = fc.array(step, { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(course, fc.integer(), async (steps, seed) => {
        const scene = new Scene(ids, {
          picker,
          seed,
          deadline: deadlineMs,
          tryTimeout: '200ms',
          retry: { maxAttempts: triesMost, backoff: { kind: 'constant', delay: 20 } },
          hedge: { after: '100ms' },
          // Without those that take instances away for a while, which instances may be called is known.
          breaker: false,
          ejection: false,
          panicBelow: 0,
        });
        let passing: ReadonlySet<string> = new Set(ids);
        const calls: Promise<() => void>[] = [];
        await turn();
        for (const { calls: begun, statuses, afterMs } of steps) {
          if (statuses !== undefined) {
            const there = ids.flatMap((id, place) => {
              const is = statuses[place];
              return is === undefined ? [] : [{ id, status: is }];
            });
            scene.replace(there);
            passing = new Set(there.filter((one) => one.status === 'passing').map(({ id }) => id));
          }
          calls.push(...begun.map((sketch) => made(scene, sketch, () => passing)));
          for (let passed = 0; passed <= afterMs; passed += 20) {
            scene.clock.advance(20);
            await turn();
          }
        }
        // Longer than what is deaf goes on.
        for (let passed = 0; passed < 4_500; passed += 20) {
          scene.clock.advance(20);
          await turn();
        }
        for (const judged of await Promise.all(calls)) judged();
        for (const { id, inFlight } of scene.orders.slots)
          assert.equal(inFlight, 0, `${id} has calls under way`);
        assert.equal(scene.clock.foreground, 0);
      }),
      { numRuns: 12 },
    );
  });
}
