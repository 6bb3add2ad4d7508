/** Random courses of calls, beside a model that counts time by itself and knows no promise. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Clock } from '../../src/ports/index.ts';
import { type GaveUpBecause, retry, retryBudget } from '../../src/resilience/index.ts';
import { ManualClock } from '../net/manual-clock.ts';
import { settled } from './script.ts';

interface Outcome {
  readonly fails: boolean;
  readonly tookMs: number;
  readonly stated: {
    readonly retryable?: boolean;
    readonly outcome?: 'unknown' | 'not-applied';
    readonly retryAfterMs?: number;
  };
}

interface Story {
  readonly outcomes: readonly Outcome[];
  readonly maxAttempts: number;
  readonly pauseMs: number;
  readonly tokens: number;
  readonly limitMs: number | undefined;
  readonly idempotent: boolean;
  readonly unstated: 'retry' | 'unknown';
}

interface Course {
  readonly begun: readonly number[];
  /** The number of the outcome that the caller hears of, or that time was over. */
  readonly heard: number | 'too late';
  readonly because: GaveUpBecause | undefined;
}

const tens = (most: number): fc.Arbitrary<number> => fc.nat({ max: most / 10 }).map((count) => count * 10);
const outcome: fc.Arbitrary<Outcome> = fc.record({
  fails: fc.boolean().chain((fails) => (fails ? fc.constant(true) : fc.boolean())),
  tookMs: tens(200),
  stated: fc.record(
    {
      retryable: fc.boolean(),
      outcome: fc.constantFrom('unknown', 'not-applied'),
      retryAfterMs: tens(300),
    },
    { requiredKeys: [] },
  ),
});
const story: fc.Arbitrary<Story> = fc.record({
  outcomes: fc.array(outcome, { minLength: 6, maxLength: 6 }),
  maxAttempts: fc.integer({ min: 1, max: 6 }),
  pauseMs: tens(150),
  tokens: fc.integer({ min: 1, max: 5 }),
  // Between two steps of the clock, so that no answer comes in the very moment in which time is over.
  limitMs: fc.option(
    tens(900).map((ms) => ms + 5),
    { nil: undefined },
  ),
  idempotent: fc.boolean(),
  unstated: fc.constantFrom('retry', 'unknown'),
});

function foretold(told: Story): Course {
  const { outcomes, maxAttempts, tokens, limitMs = Number.POSITIVE_INFINITY } = told;
  const begun: number[] = [];
  let nowMs = 0;
  let doubt: number | undefined;
  for (let tried = 0; ; tried += 1) {
    begun.push(nowMs);
    const { fails, tookMs, stated } = outcomes[tried] as Outcome;
    nowMs += tookMs;
    if (nowMs > limitMs) return { begun, heard: 'too late', because: undefined };
    if (!fails) return { begun, heard: tried, because: undefined };
    const isUnknown =
      stated.outcome === 'unknown' ||
      (stated.outcome === undefined && stated.retryable !== true && told.unstated === 'unknown');
    const speaksFor = stated.outcome === 'not-applied' && doubt !== undefined ? doubt : tried;
    const stop = (because: GaveUpBecause): Course => ({ begun, heard: speaksFor, because });
    if (tried + 1 === maxAttempts) return stop('attempts');
    if (stated.outcome !== 'not-applied') doubt = tried;
    if (stated.retryable === false) return stop('not-retryable');
    if (isUnknown && !told.idempotent) return stop('unknown-outcome');
    const askedMs = stated.retryAfterMs ?? 0;
    if (askedMs > 200) return stop('retry-after');
    nowMs += told.pauseMs >= askedMs ? told.pauseMs : askedMs + told.pauseMs;
    if (nowMs >= limitMs) return stop('deadline');
    if (tried >= tokens) return stop('budget');
  }
}

async function seen(told: Story): Promise<Course> {
  const clock = new ManualClock();
  const startMs = clock.now();
  const { maxAttempts, pauseMs, unstated, idempotent, limitMs, outcomes } = told;
  const budget = retryBudget({ max: told.tokens, ratio: 1, minPerSecond: 0, clock });
  const tried = retry({ maxAttempts, backoff: pauseMs, unstated, retryAfterMax: 200, budget, clock });
  const because: GaveUpBecause[] = [];
  tried.onEvent((event) => {
    if (event.type === 'gave-up') because.push(event.because);
  });
  const begun: number[] = [];
  const failures = outcomes.map(({ stated }) => ({ ...stated }));
  const task = async (): Promise<number> => {
    const number = begun.push(clock.now() - startMs) - 1;
    const { fails, tookMs } = outcomes[number] as Outcome;
    if (tookMs > 0) await passing(clock, tookMs);
    if (fails) throw failures[number];
    return number;
  };
  const ended = await settled(
    clock,
    tried.execute(task, { idempotent, ...(limitMs !== undefined && { timeout: limitMs }) }),
  );
  const heard = 'value' in ended ? ended.value : failures.indexOf(ended.error as (typeof failures)[number]);
  assert.equal(clock.timers - stillRunning(told, begun), 0, 'no timer of the retry stays');
  return { begun, heard: heard === -1 ? 'too late' : (heard as number), because: because[0] };
}

/** A task that nobody waits for any more still has its own timer. */
function stillRunning({ limitMs, outcomes }: Story, begun: readonly number[]): number {
  const last = begun.length - 1;
  const endsAtMs = (begun[last] as number) + (outcomes[last] as Outcome).tookMs;
  return limitMs !== undefined && endsAtMs > limitMs + 5 ? 1 : 0;
}

function passing(clock: Clock, milliseconds: number): Promise<void> {
  return new Promise((resolve) => clock.setTimer(milliseconds, resolve));
}

test('whatever the tries bring, a retry does what the model foretells', async () => {
  await fc.assert(
    fc.asyncProperty(story, async (told) => {
      assert.deepEqual(await seen(told), foretold(told));
    }),
    { numRuns: 500 },
  );
});
