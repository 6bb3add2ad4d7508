/** One member through partitions: what it decides when, what its users may do, and how it comes back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { QuorateError } from '../../../src/base/index.ts';
import {
  type KnownMember,
  PartitionGuard,
  type PartitionGuardOptions,
} from '../../../src/gossip/verdict/index.ts';
import { refuses } from '../../time/refusals.ts';
import { Story } from './story.ts';

test('the side that goes on: deciding, up, healing, whole, and never a word to its users', () => {
  const story = new Story();
  story.sees('abc');
  story.pass(9.9);
  assert.deepEqual(story.told, ['deciding full']);
  story.pass(0.1);
  assert.deepEqual(story.told, ['deciding full', 'up full majority']);
  story.guard.assertMayWrite();
  story.sees('abcde');
  story.pass(10);
  assert.deepEqual(story.told.slice(2), ['healing full', 'whole full']);
});

test('the side that does not: its users hear which members it sees, and it comes back by itself', () => {
  const story = new Story();
  story.sees('ab');
  story.guard.assertMayWrite();
  story.pass(10);
  assert.deepEqual(story.told, ['deciding full', 'degraded read-only minority']);
  story.guard.assertMayRead();
  assert.throws(
    () => story.guard.assertMayWrite(),
    (error) => {
      assert.ok(error instanceof QuorateError);
      assert.equal(error.code, 'partitioned');
      assert.deepEqual(error.data, { strategy: 'keep-majority', alive: 2, known: 5 });
      assert.equal(error.outcome, 'not-applied');
      assert.match(error.message, /2 of 5 members/);
      return true;
    },
  );
  story.sees('abcde');
  refuses(() => story.guard.assertMayWrite(), 'partitioned');
  story.pass(10);
  story.guard.assertMayWrite();
  assert.deepEqual(story.told.slice(2), ['healing read-only', 'whole full']);
});

test('a side that is to stop stops reads as well, until it is well', () => {
  const story = new Story({ whenLost: 'stop' });
  story.sees('a');
  story.pass(10);
  refuses(() => story.guard.assertMayRead(), 'partitioned');
  refuses(() => story.guard.assertMayWrite(), 'partitioned');
  story.sees('abcde');
  story.pass(9);
  refuses(() => story.guard.assertMayRead(), 'partitioned');
  story.pass(1);
  story.guard.assertMayRead();
  assert.deepEqual(story.told, ['deciding full', 'down none minority', 'healing none', 'whole full']);
});

test('a side that looks as if it would give way may refuse at once, and one that would go on goes on', () => {
  for (const [whileDeciding, access] of [
    ['read-only', 'read-only'],
    ['stop', 'none'],
  ] as const) {
    const story = new Story({ whileDeciding });
    story.sees('abcd');
    story.guard.assertMayWrite();
    story.sees('ab');
    refuses(() => story.guard.assertMayWrite(), 'partitioned');
    story.sees('abc');
    story.guard.assertMayWrite();
    story.sees('ab');
    story.pass(10);
    assert.deepEqual(story.told, [
      'deciding full',
      `deciding ${access} minority`,
      'deciding full',
      `deciding ${access} minority`,
      'degraded read-only minority',
    ]);
  }
  const alarm = new Story({ whileDeciding: 'stop' });
  alarm.sees('a');
  refuses(() => alarm.guard.assertMayRead(), 'partitioned');
  alarm.sees('abcde');
  alarm.guard.assertMayWrite();
  assert.deepEqual(alarm.told, ['deciding none minority', 'whole full']);
  refuses(() => new Story({ whileDeciding: 'never' as 'stop' }), 'invalid-option');
});

test('a false alarm is over with the alarm', () => {
  const story = new Story();
  story.sees('ab');
  story.pass(5);
  story.sees('abcde');
  story.pass(60);
  assert.deepEqual(story.told, ['deciding full', 'whole full']);
});

test('each change of the view begins the wait anew, and a view that never rests is lost', () => {
  const story = new Story();
  story.sees('abcd');
  story.pass(6);
  story.sees('abce');
  story.pass(6);
  story.sees('abcd');
  story.pass(6);
  assert.deepEqual(story.told, ['deciding full']);
  story.sees('abce');
  story.pass(6);
  story.sees('abcd');
  story.pass(5.9);
  assert.deepEqual(story.told, ['deciding full']);
  story.pass(0.1);
  assert.deepEqual(story.told, ['deciding full', 'degraded read-only unstable']);
  story.sees('abce');
  story.pass(10);
  assert.deepEqual(
    story.told.slice(2),
    ['healing read-only', 'up full majority'],
    'when it rests it is judged',
  );
});

test('a losing side that finds a majority goes on, and one that loses it again does not', () => {
  const story = new Story();
  story.sees('ab');
  story.pass(10);
  story.sees('abc');
  story.pass(9);
  story.sees('ab');
  story.pass(20);
  story.sees('abd');
  story.pass(10);
  story.sees('ad');
  story.pass(10);
  assert.deepEqual(story.told, [
    'deciding full',
    'degraded read-only minority',
    'healing read-only',
    'degraded read-only minority',
    'healing read-only',
    'up full majority',
    'deciding full',
    'degraded read-only minority',
  ]);
});

test('a losing side whose gossip forgets the others is not whole for that', () => {
  const story = new Story();
  story.sees('ab');
  story.pass(10);
  const forgetful: KnownMember[] = [
    { id: 'a', status: 'HEALTHY', joined: 0 },
    { id: 'b', status: 'HEALTHY', joined: 1 },
  ];
  story.take(story.guard.observe(forgetful, story.nowMs));
  story.pass(60);
  assert.equal(story.guard.access, 'read-only');
  assert.deepEqual(story.guard.counts, { alive: 2, known: 5 });
});

test('members that say goodbye, or are gone for good, are not waited for', () => {
  const story = new Story();
  story.sees('ab/cd');
  story.pass(10);
  assert.deepEqual(story.told, ['deciding full', 'up full majority'], 'two of three');
  story.take(story.guard.forget('e', story.nowMs));
  story.pass(10);
  assert.deepEqual(story.told.slice(2), ['healing full', 'whole full']);
  assert.deepEqual(story.guard.counts, { alive: 2, known: 2 });
  story.take(story.guard.forget('e', story.nowMs));
  refuses(() => story.guard.forget('a', story.nowMs), 'invalid-option');
});

test('members that join while all is whole are no news', () => {
  const story = new Story();
  const more = 'abcdefgh'.split('').map((id, joined): KnownMember => ({ id, status: 'SUSPECT', joined }));
  story.take(story.guard.observe(more, story.nowMs));
  assert.deepEqual(story.told, []);
  assert.equal(story.guard.counts.known, 8);
});

test('who was given up is not lost again because gossip still remembers it, but when it was here again', () => {
  const story = new Story();
  const counts = (): number[] => [story.guard.counts.alive, story.guard.counts.known];
  story.sees('abc');
  for (const id of 'de') story.take(story.guard.forget(id, story.nowMs));
  assert.deepEqual(counts(), [3, 3]);
  story.sees('abc');
  assert.deepEqual(counts(), [3, 3], 'the view still has them, dead');
  story.sees('abcd');
  assert.deepEqual(counts(), [4, 4]);
  story.sees('abc');
  assert.deepEqual(counts(), [3, 4], 'a second death is another one');
});

test('whom others tell of as dead is lost, unless it is here, has said goodbye or was given up', () => {
  const story = new Story();
  const hears = (ids: string, status: 'UNHEALTHY' | 'LEFT'): void =>
    story.take(
      story.guard.hear(
        ids.split('').map((id) => ({ id, status })),
        story.nowMs,
      ),
    );
  hears('bcde', 'UNHEALTHY');
  hears('x', 'LEFT');
  assert.deepEqual(story.told, []);
  hears('uvwxyz', 'UNHEALTHY');
  story.pass(10);
  assert.deepEqual(story.told, ['deciding full', 'degraded read-only minority']);
  story.sees('abcde');
  hears('uvwxyz', 'UNHEALTHY');
  story.pass(20);
  assert.deepEqual(
    story.guard.counts,
    { alive: 5, known: 11 },
    'that gossip does not know them changes nothing',
  );
  hears('uv', 'LEFT');
  story.pass(10);
  assert.deepEqual(story.told.slice(2), ['healing read-only', 'up full majority']);
  for (const id of 'wxyz') story.take(story.guard.forget(id, story.nowMs));
  story.sees('abcde');
  hears('wxyz', 'UNHEALTHY');
  story.pass(10);
  assert.deepEqual(story.told.slice(4), ['healing full', 'whole full']);
});

test('a newcomer may be told that somebody is gone for good before it has heard of it', () => {
  const story = new Story();
  story.take(story.guard.forget('x', story.nowMs));
  story.sees('abcde');
  story.take(story.guard.hear([{ id: 'x', status: 'UNHEALTHY' }], story.nowMs));
  assert.deepEqual(story.guard.counts, { alive: 5, known: 5 });
});

test('whom others tell of as dead counts as the oldest, since nobody says when it joined', () => {
  const story = new Story({ strategy: { kind: 'keep-oldest', downIfAlone: false } });
  story.take(story.guard.hear([{ id: 'A', status: 'UNHEALTHY' }], story.nowMs));
  story.pass(10);
  assert.deepEqual(story.told, ['deciding full', 'degraded read-only oldest-elsewhere']);
});

test('of strangers told of without end no more are remembered than of others that are lost', () => {
  const guard = new PartitionGuard({ self: 'a', strategy: { kind: 'keep-majority' } });
  const strangers = Array.from({ length: 12_000 }, (_, number) => ({
    id: `x${number}`,
    status: 'UNHEALTHY' as const,
  }));
  for (let first = 0; first < strangers.length; first += 1_000) {
    guard.hear(strangers.slice(first, first + 1_000), first);
  }
  assert.deepEqual(guard.counts, { alive: 1, known: 10_001 });
});

test('members that are lost without end end neither the guard nor its memory: the longest lost is given up', () => {
  const guard = new PartitionGuard({ self: 'a', strategy: { kind: 'keep-majority' } });
  for (let batch = 0; batch < 25; batch += 1) {
    const lost = Array.from(
      { length: 1_000 },
      (_, number): KnownMember => ({ id: `x${batch * 1_000 + number}`, status: 'UNHEALTHY' }),
    );
    guard.observe([{ id: 'b', status: 'HEALTHY' }, ...lost], batch);
  }
  assert.deepEqual(guard.counts, { alive: 2, known: 10_002 });
  guard.forget('x0', 25);
  assert.equal(guard.counts.known, 10_002, 'it was given up before');
  guard.forget('x24999', 25);
  assert.equal(guard.counts.known, 10_001);
  guard.observe([], 26);
  assert.deepEqual(guard.counts, { alive: 1, known: 10_001 });
});

test('time that falls, and views that are none, change nothing', () => {
  const story = new Story();
  story.sees('ab');
  story.take(story.guard.tick(-5_000));
  story.pass(10);
  assert.equal(story.guard.access, 'read-only');
  refuses(() => story.guard.tick(Number.NaN), 'invalid-option');
  refuses(() => story.guard.observe([{ id: '', status: 'HEALTHY' }], 0), 'invalid-option');
  refuses(
    () => story.guard.observe([{ id: 'b', status: 'HEALTHY', joined: Number.NaN }], 0),
    'invalid-option',
  );
  assert.equal(story.guard.access, 'read-only');
});

test('options that make no sense are refused by name', () => {
  const make = (options: Partial<PartitionGuardOptions>) => () => new Story(options);
  refuses(make({ self: '' }), 'invalid-option');
  refuses(make({ stableAfter: -1 }), 'invalid-option');
  refuses(make({ stableAfter: '10s', unstableAfter: '9s' }), 'invalid-option');
  refuses(make({ whenLost: 'panic' as never }), 'invalid-option');
});
