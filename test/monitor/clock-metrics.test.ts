import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clockFamilies, clockMetricsText } from '../../src/monitor/index.ts';
import { ClockOffsets } from '../../src/time/index.ts';

function seen(aheads: Readonly<Record<string, number>>): ClockOffsets {
  const offsets = new ClockOffsets({ self: 'a', driftPpm: 0 });
  for (const [peer, aheadMs] of Object.entries(aheads)) {
    const heardMs = 1_001 + aheadMs;
    offsets.observe(peer, { sentMs: 1_000, heardMs, answeredMs: heardMs, receivedMs: 1_002 }, 0);
  }
  return offsets;
}

function samples(offsets: ClockOffsets): string[] {
  return clockMetricsText(offsets.estimate(0))
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
}

test('a clock here that is three seconds behind is skewed, and is the one that is wrong', () => {
  assert.deepEqual(samples(seen({ b: 3_000, c: 3_000 })), [
    'quorate_clock_agreed 1',
    'quorate_clock_offset_seconds 3',
    'quorate_clock_offset_error_seconds 0.101',
    'quorate_clock_skewed 1',
    'quorate_clock_falseticker{node="a"} 1',
    'quorate_clock_peer_offset_seconds{peer="b"} 3',
    'quorate_clock_peer_offset_seconds{peer="c"} 3',
  ]);
});

test('a peer that is an hour ahead does not make the clock here look skewed', () => {
  const lines = samples(seen({ b: 0, c: 3_600_000 }));
  assert.ok(lines.includes('quorate_clock_skewed 0'));
  assert.ok(lines.includes('quorate_clock_falseticker{node="c"} 1'));
});

test('where no majority agrees only what was measured is told', () => {
  assert.deepEqual(samples(seen({ b: 3_000 })), [
    'quorate_clock_agreed 0',
    'quorate_clock_peer_offset_seconds{peer="b"} 3',
  ]);
  assert.deepEqual(samples(seen({})), ['quorate_clock_agreed 0']);
});

test('each family has a name of its own and says what it is', () => {
  assert.equal(new Set(clockFamilies.map(({ name }) => name)).size, clockFamilies.length);
  for (const { help } of clockFamilies) assert.match(help, /\.$/);
});
