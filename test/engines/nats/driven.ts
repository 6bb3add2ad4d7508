/** Drives an engine on a server in memory by a clock that a test moves, until something comes of what it waits for. */
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import type { ManualClock } from '../../net/manual-clock.ts';

/** What comes of it within a minute. */
export async function driven<T>(clock: ManualClock, promise: Promise<T>): Promise<T> {
  const ticking = new AbortController();
  const late = tick(clock, ticking.signal);
  try {
    return await Promise.race([promise, late]);
  } finally {
    ticking.abort();
  }
}

async function tick(clock: ManualClock, signal: AbortSignal): Promise<never> {
  for (let at = 0; at < 600 && !signal.aborted; at += 1) {
    await turns(20);
    if (!signal.aborted) clock.advance(100);
  }
  return signal.aborted ? await new Promise<never>(() => undefined) : assert.fail('nothing came of it');
}

export async function turns(count: number): Promise<void> {
  for (let at = 0; at < count; at += 1) await turn();
}
