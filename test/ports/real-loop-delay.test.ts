/** The real event loop against the suite: it is blocked for some tens of milliseconds, for real. */
import { test } from 'node:test';
import { realLoopDelay } from '../../src/ports/real/index.ts';
import { throwsWith } from './expectations.ts';
import { loopDelayConformance } from './loop-delay-conformance.ts';

const resolutionMs = 5;

loopDelayConformance('real', () => {
  const loopDelay = realLoopDelay({ resolutionMs });
  return {
    loopDelay,
    resolutionMs,
    now: () => performance.now(),
    stall: (stallMs) => {
      const end = performance.now() + stallMs;
      while (performance.now() < end);
    },
    // Timers run in the order in which they are due: before this one, the measure's own has run.
    turn: () => new Promise((resolve) => setTimeout(resolve, 2 * resolutionMs)),
    run: (story) => story(),
  };
});

test('a resolution that cannot be is refused', () => {
  for (const bad of [0, -1, Number.NaN, 20_000]) {
    throwsWith('invalid-option', () => realLoopDelay({ resolutionMs: bad }));
  }
});
