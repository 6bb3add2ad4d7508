/**
 * What every measure of the event loop's delay must do that claims the port. A real machine may stall by
 * itself while the suite runs, so the stories count in sums: stalls do not overlap, so those that were heard
 * cannot be longer together than the time that has passed, unless one was heard twice.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LoopDelay } from '../../src/ports/index.ts';

export interface LoopDelayFixture {
  readonly loopDelay: LoopDelay;
  /** Most by which a measure may fall short of the stall. */
  readonly resolutionMs: number;
  now(): number;
  /** Blocks the event loop for that long. */
  stall(stallMs: number): void;
  /** Lets the event loop turn until its delay has been looked at. */
  turn(): Promise<void>;
  /** Runs a story to its end; a simulated machine lets its time pass meanwhile. */
  run(story: () => Promise<void>): Promise<void>;
}

type Tell = (title: string, story: (fixture: LoopDelayFixture) => Promise<void>) => void;

export function loopDelayConformance(name: string, makeLoopDelay: () => LoopDelayFixture): void {
  describe(`loop delay conformance: ${name}`, () => {
    const tell: Tell = (title, story) => {
      test(title, async () => {
        const fixture = makeLoopDelay();
        try {
          await fixture.run(() => story(fixture));
        } finally {
          fixture.loopDelay.close();
        }
      });
    };
    stalls(tell);
    maxima(tell);
  });
}

/** The stalls of at least `leastMs` that a listener hears. */
function listenFor(loopDelay: LoopDelay, leastMs: number): { readonly heard: number[]; stop(): void } {
  const heard: number[] = [];
  const listening = loopDelay.onStall(leastMs, (stallMs) => void heard.push(stallMs));
  return { heard, stop: () => listening[Symbol.dispose]() };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function stalls(tell: Tell): void {
  tell('a stall is heard once, with its length, by those whose bound it reaches', async (fixture) => {
    const { loopDelay, resolutionMs } = fixture;
    const start = fixture.now();
    const wanted = listenFor(loopDelay, 20);
    const tooHigh = listenFor(loopDelay, 100_000);
    fixture.stall(40 + resolutionMs);
    assert.deepEqual(wanted.heard, [], 'not while it lasts');
    await fixture.turn();
    assert.ok(Math.max(...wanted.heard) >= 40, `heard ${wanted.heard.join()}`);
    await fixture.turn();
    fixture.stall(40 + resolutionMs);
    await fixture.turn();
    assert.ok(wanted.heard.filter((stallMs) => stallMs >= 40).length >= 2, `heard ${wanted.heard.join()}`);
    assert.ok(sum(wanted.heard) <= fixture.now() - start, 'no stall is heard twice, or longer than it was');
    assert.deepEqual(tooHigh.heard, []);
  });

  tell('who has stopped listening hears nothing more, and others go on', async (fixture) => {
    const { loopDelay, resolutionMs } = fixture;
    const stopped = listenFor(loopDelay, 20);
    const listening = listenFor(loopDelay, 20);
    stopped.stop();
    stopped.stop();
    fixture.stall(40 + resolutionMs);
    await fixture.turn();
    assert.deepEqual(stopped.heard, []);
    assert.ok(listening.heard.length > 0);
  });

  tell('after close nobody hears anything, and closing twice is harmless', async (fixture) => {
    const { loopDelay, resolutionMs } = fixture;
    const { heard } = listenFor(loopDelay, 20);
    loopDelay.close();
    loopDelay.close();
    fixture.stall(40 + resolutionMs);
    await fixture.turn();
    assert.deepEqual(heard, []);
    assert.equal(loopDelay.takeMaxMs(), 0);
  });
}

function maxima(tell: Tell): void {
  tell('the longest delay is told once', async (fixture) => {
    const { loopDelay, resolutionMs } = fixture;
    loopDelay.takeMaxMs();
    const start = fixture.now();
    fixture.stall(40 + resolutionMs);
    const stallEnd = fixture.now();
    await fixture.turn();
    const maxMs = loopDelay.takeMaxMs();
    assert.ok(maxMs >= 40 && maxMs <= fixture.now() - start, `${maxMs} since ${start}`);
    const next = loopDelay.takeMaxMs();
    assert.ok(next <= fixture.now() - stallEnd, `${next} is more than has passed since the stall`);
  });

  tell('a stall that still goes on counts as far as it has come', async (fixture) => {
    const { loopDelay, resolutionMs } = fixture;
    fixture.stall(40 + resolutionMs);
    assert.ok(loopDelay.takeMaxMs() >= 40);
    await fixture.turn();
    assert.ok(loopDelay.takeMaxMs() >= 40, 'and is told again when it is over');
  });

  tell('a delay that never was is zero or next to it', async (fixture) => {
    const start = fixture.now();
    const maxMs = fixture.loopDelay.takeMaxMs();
    assert.ok(maxMs >= 0 && maxMs <= fixture.now() - start + fixture.resolutionMs, `${maxMs}`);
  });
}
