/** What every clock must do that claims the port: the real one, and one whose time passes only in a simulation. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Clock } from '../../src/ports/index.ts';

export interface ClockFixture {
  readonly clock: Clock;
  /** Runs a story to its end; a simulated machine lets its time pass meanwhile. */
  run(story: () => Promise<void>): Promise<void>;
}

type Tell = (title: string, story: (clock: Clock) => Promise<void>) => void;

export function clockConformance(name: string, makeClock: () => ClockFixture): void {
  describe(`clock conformance: ${name}`, () => {
    const tell: Tell = (title, story) => {
      test(title, async () => {
        const { clock, run } = makeClock();
        await run(() => story(clock));
      });
    };
    reading(tell);
    timers(tell);
    cancelling(tell);
    turns(tell);
  });
}

function passed(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => void clock.setTimer(delayMs, resolve));
}

function reading(tell: Tell): void {
  tell('now never falls, and moves on while timers pass', async (clock) => {
    const start = clock.now();
    let last = start;
    for (let step = 0; step < 5; step += 1) {
      await passed(clock, 1);
      const now = clock.now();
      assert.ok(now >= last, `${now} after ${last}`);
      last = now;
    }
    assert.ok(last - start >= 5);
  });

  tell('the wall clock tells milliseconds since 1970', async (clock) => {
    const wall = clock.wall();
    assert.ok(Number.isFinite(wall));
    assert.ok(wall > Date.UTC(2000, 0) && wall < Date.UTC(3000, 0), `${wall}`);
  });
}

function timers(tell: Tell): void {
  tell('a timer never runs before its time', async (clock) => {
    const delaysMs = [0, 0.3, 1, 1.7, 2, 5, 5.001, 9.999, 12, 20];
    const waits = delaysMs.map(async (delayMs) => {
      const setAt = clock.now();
      await passed(clock, delayMs);
      const passedMs = clock.now() - setAt;
      assert.ok(passedMs >= delayMs, `${delayMs} ms: ran after ${passedMs}`);
    });
    await Promise.all(waits);
  });

  tell(
    'timers set together run by their delays, and in the order they were set where these are equal',
    async (clock) => {
      const order: string[] = [];
      const set = (delayMs: number, name: string): void => {
        clock.setTimer(delayMs, () => void order.push(name));
      };
      set(30, 'late');
      set(10, 'first');
      set(10, 'second');
      set(0, 'at once');
      set(10, 'third');
      await passed(clock, 40);
      assert.deepEqual(order, ['at once', 'first', 'second', 'third', 'late']);
    },
  );

  tell('a delay of nothing, or less, runs soon but not inside the call', async (clock) => {
    for (const delayMs of [0, -1, -1e9]) {
      let ran = false;
      clock.setTimer(delayMs, () => {
        ran = true;
      });
      assert.equal(ran, false);
      await passed(clock, 5);
      assert.equal(ran, true);
    }
  });

  tell('a timer runs once, and may set the next', async (clock) => {
    let runs = 0;
    const again = Promise.withResolvers<void>();
    const run = (): void => {
      runs += 1;
      if (runs === 3) again.resolve();
      else clock.setTimer(1, run);
    };
    clock.setTimer(1, run);
    await again.promise;
    await passed(clock, 5);
    assert.equal(runs, 3);
  });
}

function cancelling(tell: Tell): void {
  tell('a cancelled timer does not run, and cancelling late or twice is harmless', async (clock) => {
    const ran: string[] = [];
    const gone = clock.setTimer(5, () => void ran.push('gone'));
    const stays = clock.setTimer(5, () => void ran.push('stays'));
    gone.cancel();
    gone.cancel();
    await passed(clock, 20);
    stays.cancel();
    assert.deepEqual(ran, ['stays']);
  });

  tell('a timer may cancel another that is due at the same time', async (clock) => {
    const ran: string[] = [];
    clock.setTimer(5, () => {
      ran.push('first');
      second.cancel();
    });
    const second = clock.setTimer(5, () => void ran.push('second'));
    await passed(clock, 20);
    assert.deepEqual(ran, ['first']);
  });

  tell('a background timer runs as any other while something else waits', async (clock) => {
    let ran = false;
    const setRan = (): void => {
      ran = true;
    };
    clock.setTimer(5, setRan, { background: true });
    await passed(clock, 20);
    assert.equal(ran, true);
  });
}

function turns(tell: Tell): void {
  tell('after the turn means after all that this turn brought, its promises included', async (clock) => {
    const order: string[] = [];
    const done = Promise.withResolvers<void>();
    clock.afterTurn(() => void order.push('after 1'));
    clock.afterTurn(() => {
      order.push('after 2');
      clock.afterTurn(() => {
        order.push('after the next turn');
        done.resolve();
      });
      void Promise.resolve().then(() => order.push('promise of after 2'));
    });
    void (async () => {
      for (let step = 1; step <= 3; step += 1) {
        await Promise.resolve();
        order.push(`promise ${step}`);
      }
    })();
    order.push('this turn');
    await done.promise;
    assert.deepEqual(order, [
      'this turn',
      'promise 1',
      'promise 2',
      'promise 3',
      'after 1',
      'after 2',
      'promise of after 2',
      'after the next turn',
    ]);
  });
}
