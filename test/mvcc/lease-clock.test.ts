/** The leader's clock for leases: what it proposes, and when, as leases are granted, renewed and end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CommandBody, LeaseClock } from '../../src/mvcc/index.ts';
import { Driver } from './commands.ts';

/** A store, a clock on it and the time of its leader; time passes in ticks, as it does on a node. */
class Story {
  readonly driver = new Driver();
  now = 0;
  clock: LeaseClock;
  /** What was proposed, as `expire 7` and `checkpoint 7 left 500`, with its time. */
  readonly proposed: string[] = [];
  /** Proposals get lost while this is true. */
  isDeaf = false;

  constructor() {
    this.clock = new LeaseClock(this.driver.store, this.now);
  }

  send(command: CommandBody): void {
    this.driver.send(command);
    this.clock.changed(this.driver.last?.leases ?? [], this.now);
  }

  grant(ttlMs: number): number {
    const lease = this.driver.grant(ttlMs);
    this.clock.changed(this.driver.last?.leases ?? [], this.now);
    return lease;
  }

  pass(forMs: number): void {
    for (const end = this.now + forMs; this.now < end; ) {
      this.now += 10;
      const { expire, checkpoint } = this.clock.tick(this.now);
      for (const { lease } of expire?.leases ?? []) this.proposed.push(`${this.now} expire ${lease}`);
      for (const { lease, remainingMs } of checkpoint?.leases ?? [])
        this.proposed.push(`${this.now} checkpoint ${lease} left ${remainingMs}`);
      if (this.isDeaf) continue;
      if (expire !== undefined) this.send(expire);
      if (checkpoint !== undefined) this.send(checkpoint);
    }
  }

  /** Another member leads from now on, with a clock of its own. */
  succeed(): void {
    this.clock = new LeaseClock(this.driver.store, this.now);
  }
}

test('a lease that nobody renews is noted in the log at half its time, and expires at the end', () => {
  const story = new Story();
  const lease = story.grant(1000);
  story.pass(2000);
  assert.deepEqual(story.proposed, [`500 checkpoint ${lease} left 500`, `1000 expire ${lease}`]);
  assert.equal(story.driver.store.lease(lease), undefined);
  assert.equal(story.clock.size, 0);
});

test('a lease renewed at a third of its time costs nothing but its renewals, and never ends', () => {
  const story = new Story();
  const lease = story.grant(900);
  for (let turn = 0; turn < 20; turn += 1) {
    story.pass(300);
    story.send({ kind: 'lease-keep-alive', lease });
  }
  assert.deepEqual(story.proposed, []);
  story.pass(890);
  assert.deepEqual(story.proposed, [`6450 checkpoint ${lease} left 450`]);
  assert.ok(story.driver.store.lease(lease) !== undefined, 'a renewal at t means no end before t + TTL');
});

test('a new leader goes on with the time that was noted, and does not begin anew', () => {
  const story = new Story();
  const lease = story.grant(10_000);
  story.pass(9000);
  story.succeed();
  story.pass(4000);
  assert.ok(
    story.driver.store.lease(lease) !== undefined,
    'more may be left than its holder thinks, never less',
  );
  story.pass(1100);
  assert.equal(story.driver.store.lease(lease), undefined);
});

test('an end that gets lost on its way is proposed again', () => {
  const story = new Story();
  const lease = story.grant(1000);
  story.isDeaf = true;
  story.pass(2500);
  assert.deepEqual(story.proposed.slice(1), [`1000 expire ${lease}`, `2000 expire ${lease}`]);
  story.isDeaf = false;
  story.pass(1000);
  assert.equal(story.driver.store.lease(lease), undefined);
});

test('a renewal that overtakes the end keeps the lease for its whole time', () => {
  const story = new Story();
  const lease = story.grant(1000);
  story.isDeaf = true;
  story.pass(1000);
  story.send({ kind: 'lease-keep-alive', lease });
  story.isDeaf = false;
  story.send({ kind: 'lease-expire', leases: [{ lease, renewals: 0 }] });
  story.pass(990);
  assert.ok(story.driver.store.lease(lease) !== undefined);
  story.pass(10);
  assert.equal(story.driver.store.lease(lease), undefined);
});

test('36 · a leader that stood still ends no lease for the time in which it could not hear renewals', () => {
  const story = new Story();
  const lease = story.grant(1000);
  story.pass(300);
  story.now += 60_000;
  story.pass(500);
  assert.ok(story.driver.store.lease(lease) !== undefined);
  story.pass(200);
  assert.equal(story.driver.store.lease(lease), undefined);
});

test('a crowd that runs out at once ends in pieces, and leaves nothing behind', () => {
  const story = new Story();
  for (let count = 0; count < 2500; count += 1) story.grant(1000);
  story.pass(990);
  const before = story.proposed.length;
  story.pass(10);
  assert.equal(story.proposed.length - before, 1000);
  story.pass(20);
  assert.equal(story.clock.size, 0);
});

test('leases that come and go by the thousand cost no memory until their time would have come', () => {
  const story = new Story();
  const kept = story.grant(3_600_000);
  for (let count = 0; count < 10_000; count += 1) {
    const lease = story.grant(3_600_000);
    story.send({ kind: 'lease-revoke', lease });
  }
  assert.equal(story.clock.size, 1);
  story.pass(1_800_000);
  assert.deepEqual(story.proposed, [`1800000 checkpoint ${kept} left 1800000`]);
});

test('a session and the leases that it owns end together, and the clock forgets all of them', () => {
  const story = new Story();
  story.send({ kind: 'session-open', ttlMs: 1000 });
  const [session] = [...story.driver.store.leases()];
  assert.ok(session !== undefined);
  story.send({ kind: 'lease-grant', lease: 0, ttlMs: 50_000, session: session.lease });
  assert.equal(story.clock.size, 2);
  story.pass(1000);
  assert.equal(story.clock.size, 0);
  assert.deepEqual([...story.driver.store.leases()], []);
});
