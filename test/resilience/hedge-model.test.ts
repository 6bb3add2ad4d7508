/** Random races, beside a model that knows when each try begins and ends. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Call } from '../../src/resilience/call.ts';
import { type CallContext, hedge } from '../../src/resilience/index.ts';
import { ManualClock, turn } from '../net/manual-clock.ts';
import { settled } from './script.ts';

interface Try {
  readonly fails: boolean;
  readonly tookMs: number;
}

interface Story {
  readonly tries: readonly Try[];
  readonly afterMs: number;
}

interface Race {
  readonly begun: number;
  /** The number of the try whose answer or failure the caller hears. */
  readonly heard: number;
  readonly fails: boolean;
  /** Tries that were still under way then. */
  readonly losers: readonly number[];
}

const story: fc.Arbitrary<Story> = fc.record({
  tries: fc
    .array(fc.record({ fails: fc.boolean(), tookMs: fc.nat({ max: 40 }) }), { minLength: 2, maxLength: 5 })
    // No two tries end in the same millisecond, and none when another one is due.
    .map((tries) => tries.map(({ fails, tookMs }, number) => ({ fails, tookMs: tookMs * 10 + 1 + number }))),
  afterMs: fc.integer({ min: 1, max: 20 }).map((count) => count * 10),
});

function foretold({ tries, afterMs }: Story): Race {
  const ends = tries.map(({ tookMs }, number) => number * afterMs + tookMs);
  for (let begun = 1; ; begun += 1) {
    const nextAtMs = begun < tries.length ? begun * afterMs : Number.POSITIVE_INFINITY;
    const running = ends.slice(0, begun);
    const ended = [...running.keys()].filter((number) => (running[number] as number) < nextAtMs);
    const inOrder = ended.sort((left, right) => (ends[left] as number) - (ends[right] as number));
    const winner = inOrder.find((number) => tries[number]?.fails === false);
    if (winner !== undefined) {
      const losers = [...running.keys()].filter(
        (number) => (running[number] as number) > (ends[winner] as number),
      );
      return { begun, heard: winner, fails: false, losers };
    }
    if (inOrder.length === begun) return { begun, heard: inOrder[0] as number, fails: true, losers: [] };
  }
}

async function seen({ tries, afterMs }: Story): Promise<Race> {
  const clock = new ManualClock();
  const hedged = hedge({ idempotent: true, after: afterMs, maxHedges: tries.length - 1, clock });
  const calls: CallContext[] = [];
  const isRunning = new Set<number>();
  const task = async (call: CallContext): Promise<number> => {
    const number = calls.push(call) - 1;
    const { fails, tookMs } = tries[number] as Try;
    isRunning.add(number);
    await new Promise<void>((resolve) => clock.setTimer(tookMs, resolve));
    isRunning.delete(number);
    if (fails) throw number;
    return number;
  };
  const whole = new Call(clock);
  const ended = await settled(clock, hedged.run(task, whole), 1);
  const losers = [...calls.keys()].filter((number) => calls[number]?.signal.aborted === true);
  assert.deepEqual(losers, [...isRunning], 'whoever is under way is told to stop, and nobody else');
  assert.equal(whole.whenSettled() !== undefined, losers.length > 0);
  await turn();
  assert.equal(clock.timers, isRunning.size, 'no timer of the hedge stays');
  const fails = 'error' in ended;
  return { begun: calls.length, heard: (fails ? ended.error : ended.value) as number, fails, losers };
}

test('whatever the tries bring, a hedge does what the model foretells', async () => {
  await fc.assert(
    fc.asyncProperty(story, async (told) => {
      assert.deepEqual(await seen(told), foretold(told));
    }),
  );
});
