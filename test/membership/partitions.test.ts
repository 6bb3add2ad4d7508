/** Members in partitions: one side goes on, the other gives way with a typed error, and comes back by itself. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  joinMembership,
  type Membership,
  type MembershipEvent,
  type PartitionLease,
  type PartitionOptions,
} from '../../src/membership/index.ts';
import { failsWith, patterned, throwsWith } from '../ports/expectations.ts';
import { Town, townsfolk } from './simulated-members.ts';

const all = townsfolk(5);
const majority = ['a', 'b', 'c'];
const minority = ['d', 'e'];

/** Which has been together for a minute, in which nobody counts more than others yet. */
async function town(partition: PartitionOptions): Promise<Town> {
  const place = new Town(all, { member: () => ({ partition }) });
  await place.until('everybody knows everybody', () => place.agree(all, all));
  await place.live(60_000);
  return place;
}

function accessOf(place: Town, names: readonly string[]): string[] {
  return names.map((name) => place.member(name).partition?.access ?? 'none asked');
}

function stepsOf(place: Town, name: string): string[] {
  const changes = place.heard(name).filter((event: MembershipEvent) => event.kind === 'partition');
  return changes.map(({ to, why }) => (why === undefined ? to : `${to} (${why})`));
}

async function split(place: Town): Promise<void> {
  place.world.apply({ kind: 'partition', sides: [majority, minority] });
  await place.until('all are judged', () =>
    all.every((name) => !['whole', 'deciding'].includes(place.member(name).partition?.state ?? '')),
  );
}

async function heal(place: Town): Promise<void> {
  place.world.heal();
  await place.until('all are whole again', () =>
    all.every((name) => place.member(name).partition?.state === 'whole'),
  );
}

test('the minority gives way and reads on, and goes on by itself when the partition is healed', async () => {
  const place = await town({ strategy: { kind: 'keep-majority' } });
  await split(place);
  assert.deepEqual(accessOf(place, all), ['full', 'full', 'full', 'read-only', 'read-only']);
  for (const name of majority) place.member(name).assertWhole();
  const lost = place.member('d');
  const error = throwsWith('partitioned', () => lost.assertWhole());
  assert.deepEqual(error.data, { strategy: 'keep-majority', alive: 2, known: 5 });
  lost.assertReadable();
  assert.deepEqual(lost.partition, { state: 'degraded', access: 'read-only', alive: 2, known: 5 });

  await heal(place);
  for (const name of all) place.member(name).assertWhole();
  assert.deepEqual(stepsOf(place, 'd'), ['deciding', 'degraded (minority)', 'healing', 'whole']);
  // The others come back one by one, so how the majority gets there is luck.
  assert.deepEqual(stepsOf(place, 'a').slice(0, 2), ['deciding', 'up (majority)']);
  assert.equal(stepsOf(place, 'a').at(-1), 'whole');
});

test('a side that is to stop reads nothing either', async () => {
  const place = await town({ strategy: { kind: 'down-all' }, onLoss: 'stop' });
  await split(place);
  assert.deepEqual(
    accessOf(place, all),
    all.map(() => 'none'),
  );
  throwsWith('partitioned', () => place.member('a').assertReadable());
  await heal(place);
  place.member('a').assertReadable();
});

test('the oldest member is who has been there for longest, whatever its name and whatever it says later', async () => {
  const place = new Town(['e'], {
    member: () => ({ partition: { strategy: { kind: 'keep-oldest' } }, seeds: ['e:7946'] }),
    wallOffsetMsMax: 0,
  });
  await place.live(2_000);
  for (const name of ['a', 'b', 'c', 'd']) place.add(name);
  await place.until('everybody knows everybody', () => place.agree(all, all));
  place.member('e').setMetadata({ zone: 'north' });
  await place.live(5_000);
  await split(place);
  assert.deepEqual(accessOf(place, all), ['read-only', 'read-only', 'read-only', 'full', 'full']);
});

test('members that are gone for good can be given up, and then nobody is lost', async () => {
  const place = await town({ strategy: { kind: 'static-quorum', size: 4 } });
  for (const name of minority) place.world.apply({ kind: 'crash', machine: name, unsynced: 'keep' });
  await place.until('the rest has given way', () =>
    majority.every((name) => place.member(name).partition?.access === 'read-only'),
  );
  for (const name of majority) {
    place.member(name).forgetLost('d');
    place.member(name).forgetLost('e');
  }
  await place.until('the rest is whole', () =>
    majority.every((name) => place.member(name).partition?.state === 'whole'),
  );
  place.member('a').setMetadata({ zone: 'north' });
  await place.live(60_000);
  for (const name of majority) {
    assert.deepEqual(place.member(name).partition, { state: 'whole', access: 'full', alive: 3, known: 3 });
  }
});

test('a member that starts or restarts on a losing side learns whom that side has lost, and gives way with it', async () => {
  const place = await town({ strategy: { kind: 'keep-majority' } });
  await split(place);
  place.world.apply({ kind: 'crash', machine: 'd', unsynced: 'keep' });
  await place.live(1_000);
  place.world.machine('d').boot();
  await place.until(
    'it is judged',
    () => !['whole', 'deciding'].includes(place.member('d').partition?.state ?? ''),
  );
  await place.live(60_000);
  assert.deepEqual(place.member('d').partition, {
    state: 'degraded',
    access: 'read-only',
    alive: 2,
    known: 5,
  });
  assert.deepEqual(accessOf(place, all), ['full', 'full', 'full', 'read-only', 'read-only']);

  await heal(place);
  for (const name of all) place.member(name).assertWhole();
});

test('who leaves is not lost', async () => {
  const place = await town({ strategy: { kind: 'down-all' } });
  for (const name of minority) void place.member(name).leave();
  await place.until('the rest has heard', () => place.agree(majority, majority));
  await place.live(60_000);
  for (const name of majority) assert.deepEqual(stepsOf(place, name), []);
});

describe('a lease', () => {
  /** Gives the lease to the first that asks, as a store would that both sides reach. */
  class OneLease implements PartitionLease {
    holder: string | undefined;
    readonly asked: string[] = [];
    isOut = false;

    async ask({ owner, previous }: Parameters<PartitionLease['ask']>[0]): Promise<boolean> {
      this.asked.push(owner);
      if (this.isOut) throw new Error('the store does not answer');
      if (this.holder !== undefined && this.holder !== owner && this.holder !== previous) return false;
      this.holder = owner;
      return true;
    }

    async release({ owner }: { readonly owner: string }): Promise<void> {
      if (this.holder === owner) this.holder = undefined;
    }
  }

  test('is asked for by the majority first, and let go when all are back', async () => {
    const lease = new OneLease();
    const place = await town({ strategy: { kind: 'lease-majority' }, lease });
    await split(place);
    assert.deepEqual(accessOf(place, all), ['full', 'full', 'full', 'read-only', 'read-only']);
    assert.equal(lease.holder, lease.asked[0]);
    await heal(place);
    await place.live(1_000);
    assert.equal(lease.holder, undefined);
  });

  test('that does not answer is told when its answer is too late, and when the member closes', async () => {
    const signals: AbortSignal[] = [];
    const silent: PartitionLease = {
      ask: ({ signal }) => {
        signals.push(signal);
        return new Promise(() => undefined);
      },
      release: () => Promise.resolve(),
    };
    const place = await town({ strategy: { kind: 'lease-majority' }, lease: silent });
    await split(place);
    const asked = signals.length;
    assert.ok(asked > 0);
    await place.live(60_000);
    assert.ok(signals.length > asked, 'it is asked again');
    assert.ok(
      signals.slice(0, asked).every(({ aborted }) => aborted),
      'for what was asked first nobody waits',
    );
    assert.ok(
      signals.filter(({ aborted }) => !aborted).length <= all.length,
      'each member waits for one answer at most',
    );
    await Promise.all(all.map((name) => place.member(name).close()));
    assert.ok(signals.every(({ aborted }) => aborted));
  });

  test('that answers in time is told nothing', async () => {
    const lease = new OneLease();
    const signals: AbortSignal[] = [];
    const ask: PartitionLease['ask'] = (question) => {
      signals.push(question.signal);
      return lease.ask(question);
    };
    const place = await town({
      strategy: { kind: 'lease-majority' },
      lease: { ask, release: (granted) => lease.release(granted) },
    });
    await split(place);
    await heal(place);
    await Promise.all(all.map((name) => place.member(name).close()));
    assert.ok(signals.length > 0);
    assert.ok(signals.every(({ aborted }) => !aborted));
  });

  test('that nobody can give is refused, counted, and asked for again', async () => {
    const lease = new OneLease();
    lease.isOut = true;
    const place = await town({ strategy: { kind: 'lease-majority' }, lease });
    await split(place);
    assert.deepEqual(accessOf(place, majority), ['read-only', 'read-only', 'read-only']);
    assert.ok(place.member('a').counters.leaseFailures > 0);
    lease.isOut = false;
    await place.until('the majority goes on', () =>
      accessOf(place, majority).every((access) => access === 'full'),
    );
  });
});

test('without the option nobody judges', async () => {
  const place = new Town(all);
  await place.until('everybody knows everybody', () => place.agree(all, all));
  place.world.apply({ kind: 'isolate', machine: 'a' });
  await place.until('a is alone', () => place.agree(['a'], ['a']));
  const alone: Membership = place.member('a');
  assert.equal(alone.partition, undefined);
  alone.assertWhole();
  alone.assertReadable();
});

test('a strategy that cannot be followed is refused before a port is open', async () => {
  const right = { id: 'a', cluster: 'test', keys: [patterned(32)], listen: '127.0.0.1:0' };
  for (const [partition, message] of [
    [{ strategy: { kind: 'static-quorum', size: 0 } }, /strategy\.size is 0/],
    [{ strategy: { kind: 'lease-majority' } }, /partition\.lease is undefined/],
    [{ strategy: { kind: 'down-all' }, onLoss: 'panic' as 'stop' }, /is "panic"/],
  ] as const satisfies readonly (readonly [PartitionOptions, RegExp])[]) {
    const refused = await failsWith('invalid-option', joinMembership({ ...right, partition }));
    assert.match(refused.message, message);
  }
});
