/** The signals of this very process: heard while somebody listens, and harmless then. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import type { EndingSignal } from '../../src/ports/index.ts';
import { realSignals } from '../../src/ports/real/index.ts';

test('a signal is heard and does not end the process, and afterwards nobody listens', async () => {
  const heard: EndingSignal[] = [];
  const before = process.listenerCount('SIGTERM');
  const stop = realSignals().listen(['SIGTERM', 'SIGHUP'], (signal) => heard.push(signal));
  for (const signal of ['SIGHUP', 'SIGTERM'] as const) {
    const came = once(process, signal);
    process.kill(process.pid, signal);
    await came;
  }
  assert.deepEqual(heard, ['SIGHUP', 'SIGTERM']);
  stop();
  stop();
  assert.equal(process.listenerCount('SIGTERM'), before);
});
