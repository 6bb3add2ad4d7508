/** One member through partitions: what it decides when, what its users may do, and how it comes back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { QuorateError } from '../../../src/base/index.ts';
import {
  type KnownMember,
  type LeaseAnswer,
  type LeaseQuestion,
  PartitionGuard,
  type PartitionGuardOptions,
  type PartitionOutput,
} from '../../../src/gossip/verdict/index.ts';
import { refuses } from '../../time/refusals.ts';

/** A guard of member `a` among `a` to `e`, with time and view in the hands of the story. */
class Story {
  nowMs = 0;
  readonly guard: PartitionGuard;
  readonly told: string[] = [];
  readonly asked: LeaseQuestion[] = [];
  readonly released: string[] = [];
  #nextMs: number | undefined;

  constructor(options: Partial<PartitionGuardOptions> = {}) {
    this.guard = new PartitionGuard({ self: 'a', strategy: { kind: 'keep-majority' }, ...options });
    this.sees('abcde');
    assert.deepEqual(this.told, []);
  }

  /** Members that are here, of five; behind the slash, those that have left. */
  sees(text: string): void {
    const [here = '', left = ''] = text.split('/');
    const members = 'abcde'.split('').map((id, joined): KnownMember => {
      const status = here.includes(id) ? 'HEALTHY' : left.includes(id) ? 'LEFT' : 'UNHEALTHY';
      return { id, status, joined };
    });
    this.take(this.guard.observe(members, this.nowMs));
  }

  /** Time passes, and the guard is called when it wants to be. */
  pass(seconds: number): void {
    const untilMs = this.nowMs + seconds * 1_000;
    while (this.#nextMs !== undefined && this.#nextMs <= untilMs) {
      this.nowMs = Math.max(this.nowMs, this.#nextMs);
      this.take(this.guard.tick(this.nowMs));
    }
    this.nowMs = untilMs;
  }

  answer(answer: LeaseAnswer, question = this.asked.at(-1) as LeaseQuestion): void {
    this.take(this.guard.leaseAnswered(question, answer, this.nowMs));
  }

  take({ changes, ask, releases, nextMs }: PartitionOutput): void {
    for (const { to, access, why } of changes)
      this.told.push(`${to} ${access}${why === undefined ? '' : ` ${why}`}`);
    if (ask !== undefined) this.asked.push(ask);
    this.released.push(...releases.map(({ owner }) => owner));
    this.#nextMs = nextMs;
  }
}

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

const lease: Partial<PartitionGuardOptions> = { strategy: { kind: 'lease-majority', lease: 'orders' } };

test('a majority asks for the lease at once, and goes on when it is given', () => {
  const story = new Story(lease);
  story.sees('abc');
  story.pass(10);
  assert.deepEqual(story.asked, [{ number: 1, lease: 'orders', owner: 'a,b,c', forMs: 50_000 }]);
  assert.deepEqual(story.told, ['deciding full']);
  story.answer(true);
  assert.deepEqual(story.told, ['deciding full', 'up full majority']);
  story.sees('abcde');
  story.pass(10);
  assert.deepEqual(story.told.slice(2), ['healing full', 'whole full']);
  assert.deepEqual(story.released, ['a,b,c']);
});

test('a minority waits before it asks, and asks again when it was refused', () => {
  const story = new Story(lease);
  story.sees('ab');
  story.pass(11.9);
  assert.deepEqual(story.asked, []);
  story.pass(0.1);
  assert.equal(story.asked.length, 1);
  story.answer(false);
  assert.deepEqual(story.told, ['deciding full', 'degraded read-only lease-refused']);
  story.pass(12);
  assert.equal(story.asked.length, 2);
  assert.equal(story.guard.access, 'read-only', 'to ask is not to have it');
  story.answer(true);
  assert.deepEqual(story.told.slice(2), ['healing read-only', 'up full minority']);
});

test('no answer is a refusal, and one that comes late moves nothing but is kept in mind', () => {
  const story = new Story(lease);
  story.sees('abc');
  story.pass(20);
  assert.deepEqual(story.told, ['deciding full', 'degraded read-only lease-refused']);
  story.answer(true);
  assert.equal(story.guard.access, 'read-only');
  story.pass(10);
  assert.deepEqual(story.asked.at(-1), { ...story.asked[0], number: 2, previous: 'a,b,c' });
  story.answer(true);
  assert.equal(story.guard.access, 'full');
});

test('a side that goes on by a lease and loses more of itself exchanges the lease for another', () => {
  const story = new Story(lease);
  story.sees('abc');
  story.pass(10);
  story.answer(true);
  story.sees('ab');
  story.pass(12);
  assert.deepEqual(story.asked.at(-1), {
    ...story.asked[0],
    number: 3,
    owner: 'a,b',
    previous: 'a,b,c',
  });
  story.answer(false);
  assert.equal(story.guard.access, 'read-only');
  assert.deepEqual(story.released, [], 'the others of the side may go on by it');
});

test('a side that goes on by a lease asks for it again and again, and gives way at once when it is refused', () => {
  const story = new Story(lease);
  story.sees('abc');
  story.pass(10);
  for (let number = 1; number <= 20; number += 1) {
    assert.deepEqual([story.asked.length, story.asked.at(-1)?.owner], [number, 'a,b,c']);
    story.answer(true);
    story.pass(10);
  }
  assert.deepEqual(story.told, ['deciding full', 'up full majority'], 'nobody hears of it');
  story.answer(false);
  assert.deepEqual(story.told.slice(2), ['degraded read-only lease-refused']);
  story.pass(10);
  story.answer(true);
  assert.deepEqual(story.told.slice(3), ['healing read-only', 'up full majority']);
});

test('a lease that is not given again is over when its time is, counted from when it was asked for', () => {
  for (const answer of ['unknown', 'none'] as const) {
    const story = new Story(lease);
    story.sees('abc');
    story.pass(10);
    story.pass(5);
    story.answer(true);
    for (let left = 4; left > 0; left -= 1) {
      story.pass(10);
      if (answer === 'unknown') story.answer(answer);
    }
    story.pass(4.999);
    assert.deepEqual([story.guard.access, story.asked.length], ['full', 5], answer);
    story.pass(0.001);
    assert.deepEqual(story.told.at(-1), 'degraded read-only lease-refused', answer);
    story.pass(10);
    story.answer(true);
    assert.deepEqual(story.told.at(-1), 'up full majority', answer);
  }
});

test('a lease does not last longer because its side is judged anew, and a refusal ends it then as well', () => {
  const shorter = { strategy: { kind: 'lease-majority', askEvery: '4s', leaseTime: '9s' } } as const;
  const story = new Story(shorter);
  story.sees('abcd');
  story.pass(10);
  story.answer(true);
  story.sees('abc');
  story.pass(8.999);
  assert.equal(story.guard.access, 'full');
  story.pass(0.001);
  assert.deepEqual(story.told.slice(2), ['deciding full', 'degraded read-only lease-refused']);

  const other = new Story(shorter);
  other.sees('abcd');
  other.pass(10);
  other.answer(true);
  other.pass(4);
  other.sees('abc');
  other.answer(false, other.asked[0]);
  assert.equal(other.guard.access, 'full', 'that was before it was given');
  other.answer(false);
  assert.deepEqual(other.told.slice(2), ['deciding full', 'degraded read-only lease-refused']);
});

test('an answer to a question about another view changes nothing', () => {
  const story = new Story(lease);
  story.sees('abc');
  story.pass(10);
  story.sees('ab');
  story.answer(true);
  assert.deepEqual(story.told, ['deciding full']);
  story.pass(12);
  story.answer(false, story.asked[0]);
  assert.deepEqual(story.told, ['deciding full']);
  story.answer(true);
  assert.deepEqual(story.told, ['deciding full', 'up full minority']);
});

test('of two grants the later question counts, in whichever order the answers come', () => {
  const story = new Story(lease);
  story.sees('abc');
  story.pass(10);
  story.sees('ab');
  story.pass(12);
  story.answer(true);
  story.answer(true, story.asked[0]);
  story.sees('abcde');
  story.pass(10);
  assert.deepEqual(story.released, ['a,b']);
});

test('a lease that may have been given, because its answer was lost, is let go when all is whole again', () => {
  for (const lost of ['no answer', 'unknown'] as const) {
    const story = new Story(lease);
    story.sees('abc');
    story.pass(lost === 'unknown' ? 10 : 20);
    if (lost === 'unknown') story.answer('unknown');
    assert.deepEqual(story.told.at(-1), 'degraded read-only lease-refused');
    story.sees('abcde');
    story.pass(10);
    assert.equal(story.told.at(-1), 'whole full');
    assert.deepEqual(story.released, ['a,b,c'], lost);
  }
});

test('a lease that may have been given is exchanged for that of the next side, whichever of two it was', () => {
  const story = new Story(lease);
  story.sees('ab');
  story.pass(12);
  story.answer('unknown');
  story.sees('abc');
  story.pass(10);
  assert.equal(story.asked.at(-1)?.previous, 'a,b');
  story.answer('unknown');
  story.sees('abcd');
  story.pass(10);
  assert.equal(story.asked.at(-1)?.previous, 'a,b,c');
  story.answer(false);
  story.pass(10);
  assert.equal(story.asked.at(-1)?.previous, 'a,b', 'the request for the other may have been lost');
  story.answer(true);
  assert.equal(story.guard.access, 'full');
  story.sees('abcde');
  story.pass(10);
  assert.deepEqual(story.released, ['a,b,c,d']);
});

test('a grant that comes when all is whole again is let go', () => {
  const story = new Story(lease);
  story.sees('abc');
  story.pass(10);
  story.sees('abcde');
  assert.deepEqual(story.told, ['deciding full', 'whole full']);
  story.answer(true);
  assert.deepEqual(story.released, ['a,b,c']);
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
  assert.deepEqual(story.told.slice(4), ['deciding full', 'whole full']);
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
