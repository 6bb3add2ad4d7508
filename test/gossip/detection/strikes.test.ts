/** When a status changes, row by row. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MemberStatus } from '../../../src/gossip/detection/index.ts';
import { moveBy, type Sign, type Standing } from '../../../src/gossip/detection/strikes.ts';

const settings = { strikes: 3, credits: 2 };

/** Strikes and credits behind the status, before and after. */
type Row = readonly [before: string, sign: Sign, after: string];

const rows: readonly Row[] = [
  ['UNKNOWN 0 0', 'calm', 'UNKNOWN 0 0'],
  ['UNKNOWN 0 0', 'suspicious', 'UNKNOWN 0 0'],
  ['UNKNOWN 0 0', 'bad', 'UNKNOWN 0 0'],
  ['UNKNOWN 0 0', 'heartbeat', 'HEALTHY 0 0'],
  ['UNKNOWN 0 0', 'goodbye', 'LEFT 0 0'],
  ['HEALTHY 2 0', 'calm', 'HEALTHY 0 0'],
  ['HEALTHY 0 0', 'suspicious', 'HEALTHY 1 0'],
  ['HEALTHY 1 0', 'suspicious', 'HEALTHY 2 0'],
  ['HEALTHY 2 0', 'suspicious', 'SUSPECT 0 0'],
  ['HEALTHY 0 0', 'bad', 'HEALTHY 1 0'],
  ['HEALTHY 2 0', 'bad', 'SUSPECT 0 0'],
  ['HEALTHY 2 0', 'heartbeat', 'HEALTHY 0 0'],
  ['HEALTHY 2 0', 'goodbye', 'LEFT 0 0'],
  ['SUSPECT 2 1', 'calm', 'SUSPECT 0 1'],
  ['SUSPECT 2 1', 'suspicious', 'SUSPECT 0 0'],
  ['SUSPECT 0 1', 'bad', 'SUSPECT 1 0'],
  ['SUSPECT 2 0', 'bad', 'UNHEALTHY 0 0'],
  ['SUSPECT 2 0', 'heartbeat', 'SUSPECT 0 1'],
  ['SUSPECT 0 1', 'heartbeat', 'HEALTHY 0 0'],
  ['SUSPECT 2 1', 'goodbye', 'LEFT 0 0'],
  ['UNHEALTHY 0 1', 'calm', 'UNHEALTHY 0 1'],
  ['UNHEALTHY 0 1', 'suspicious', 'UNHEALTHY 0 0'],
  ['UNHEALTHY 0 1', 'bad', 'UNHEALTHY 0 0'],
  ['UNHEALTHY 0 0', 'heartbeat', 'UNHEALTHY 0 1'],
  ['UNHEALTHY 0 1', 'heartbeat', 'HEALTHY 0 0'],
  ['UNHEALTHY 0 1', 'goodbye', 'LEFT 0 0'],
  ['LEFT 0 0', 'calm', 'LEFT 0 0'],
  ['LEFT 0 0', 'suspicious', 'LEFT 0 0'],
  ['LEFT 0 0', 'bad', 'LEFT 0 0'],
  ['LEFT 0 0', 'heartbeat', 'LEFT 0 0'],
  ['LEFT 0 0', 'goodbye', 'LEFT 0 0'],
];

for (const [before, sign, after] of rows) {
  test(`${before}, ${sign}: ${after}`, () => {
    const standing = standingOf(before);
    moveBy(standing, sign, settings);
    assert.equal(`${standing.status} ${standing.strikes} ${standing.credits}`, after);
  });
}

test('every sign in every status has a row', () => {
  const covered = new Set(rows.map(([before, sign]) => `${before.split(' ')[0]} ${sign}`));
  assert.equal(covered.size, 5 * 5, 'five statuses, five signs');
});

function standingOf(text: string): Standing {
  const [status, strikes, credits] = text.split(' ');
  return { status: status as MemberStatus, strikes: Number(strikes), credits: Number(credits) };
}
