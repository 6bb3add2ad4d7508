/**
 * Members in processes of their own, which are killed, stopped and let go on by signals and cut off from each other:
 * what the simulator does to its machines, done to real ones. Who waits, waits for what members say; how soon they say
 * it is told by `npm run bench -- members`.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { MembershipEvent } from '../../../src/membership/index.ts';
import { MemberProcess } from './member-process.ts';

const ids = ['a', 'b', 'c', 'd', 'e'];
const patience = { timeout: 60_000 };

describe('five processes', () => {
  const running = new Map<string, MemberProcess>();
  const begun = new AsyncDisposableStack();

  function member(id: string): MemberProcess {
    const found = running.get(id);
    assert(found !== undefined, `${id} runs`);
    return found;
  }

  function others(...without: readonly string[]): MemberProcess[] {
    return ids.filter((id) => !without.includes(id)).map(member);
  }

  async function start(id: string, port: number): Promise<MemberProcess> {
    const seeds = [...running.values()].map(({ address }) => address);
    const started = begun.use(new MemberProcess({ id, port, seeds }));
    await started.ready();
    running.set(id, started);
    return started;
  }

  /** Waits until each of `who` says so of the member. */
  async function untilSeen(
    who: readonly MemberProcess[],
    id: string,
    status: string,
    above = -1,
  ): Promise<void> {
    const isSeen = (by: MemberProcess): boolean => {
      const seen = by.sees(id);
      return seen?.status === status && seen.incarnation > above;
    };
    await Promise.all(who.map((by) => by.until(() => isSeen(by))));
  }

  async function untilWhole(): Promise<void> {
    const isWhole = (by: MemberProcess): boolean =>
      ids.every((id) => by.sees(id)?.status === 'HEALTHY') && by.partition?.state === 'whole';
    await Promise.all(others().map((by) => by.until(() => isWhole(by))));
  }

  before(async () => {
    await start('a', 0);
    await Promise.all(['b', 'c', 'd', 'e'].map((id) => start(id, 0)));
    await untilWhole();
  }, patience);

  after(() => begun.disposeAsync());

  test(
    'one that is killed is taken for dead by all others, and nobody else is; it returns above its earlier life',
    patience,
    async () => {
      const { port } = member('c');
      const earlier = member('a').sees('c')?.incarnation;
      const heard = listen(others('c'));
      await member('c').kill();
      await untilSeen(others('c'), 'c', 'UNHEALTHY');
      assert.deepEqual(whoFailed(heard()), ['c']);

      await start('c', port);
      await untilSeen(others('c'), 'c', 'HEALTHY', earlier);
      await untilWhole();
      assert.deepEqual(whoReturned(heard()), ['c', 'c', 'c', 'c']);
      assert.deepEqual(whoFailed(heard()), ['c']);
    },
  );

  test(
    'one that starts elsewhere before its death was noticed is refused until then, and returns by itself',
    patience,
    async () => {
      const { address } = member('d');
      const heard = listen(others('d'));
      await member('d').kill();
      const moved = await start('d', 0);
      assert.notEqual(moved.address, address);
      await Promise.all(others('d').map((by) => by.until(() => by.sees('d')?.address === moved.address)));
      await untilWhole();
      assert.deepEqual(whoFailed(heard()), ['d']);
      assert.deepEqual(whoReturned(heard()), ['d', 'd', 'd', 'd']);
    },
  );

  test(
    'one that stands still is suspected, contradicts when it goes on, and blames nobody for its own pause',
    patience,
    async () => {
      const paused = member('b');
      const earlier = paused.sees('b')?.incarnation ?? Number.NaN;
      const heard = listen(others());
      const heardByIt = listen([paused]);
      paused.standStill();
      try {
        await untilSeen(others('b'), 'b', 'SUSPECT');
      } finally {
        paused.goOn();
      }
      await untilSeen(others(), 'b', 'HEALTHY', earlier);
      assert.deepEqual(accusedBy('b', heard()), []);
      assert.deepEqual(whoFailed(heard()), []);
      assert.ok(heardByIt().some(({ kind }) => kind === 'contradicted'));
      await untilWhole();
    },
  );

  test(
    'one that stands still past its time is taken for dead, and returns by itself when it goes on',
    patience,
    async () => {
      const paused = member('e');
      const earlier = paused.sees('e')?.incarnation ?? Number.NaN;
      const heard = listen(others());
      const heardByIt = listen([paused]);
      paused.standStill();
      try {
        await untilSeen(others('e'), 'e', 'UNHEALTHY');
      } finally {
        paused.goOn();
      }
      await untilSeen(others(), 'e', 'HEALTHY', earlier);
      assert.deepEqual(accusedBy('e', heard()), []);
      assert.ok(heardByIt().some(({ kind }) => kind === 'contradicted'));
      assert.deepEqual(whoReturned(heard()), ['e', 'e', 'e', 'e']);
      assert.deepEqual(whoFailed(heard()), ['e']);
      await untilWhole();
    },
  );

  test('one that is asked to end says goodbye, and nobody suspects it', patience, async () => {
    const leaver = member('a');
    const { port } = leaver;
    const heard = listen(others('a'));
    assert.equal(await leaver.leave(), 0);
    await untilSeen(others('a'), 'a', 'LEFT');
    const accusations = heard().filter((event) => isAccusation(event) && event.member.id === 'a');
    assert.deepEqual(accusations, []);

    running.delete('a');
    await start('a', port);
    await untilSeen(others(), 'a', 'HEALTHY');
    await untilWhole();
  });

  test(
    'of two sides that are cut off from each other the smaller one gives way, and all are whole when it heals',
    patience,
    async () => {
      const [larger, smaller] = [others('d', 'e'), others('a', 'b', 'c')];
      const addressesOf = (side: readonly MemberProcess[]): string[] => side.map(({ address }) => address);
      for (const each of larger) each.order({ cutOff: addressesOf(smaller) });
      for (const each of smaller) each.order({ cutOff: addressesOf(larger) });
      await Promise.all([
        ...larger.map((each) => each.until(() => each.partition?.state === 'up')),
        ...smaller.map((each) => each.until(() => each.partition?.state === 'degraded')),
      ]);
      assert.deepEqual(
        others().map(({ partition }) => partition?.access),
        ['full', 'full', 'full', 'read-only', 'read-only'],
      );

      for (const each of others()) each.order({ cutOff: [] });
      await untilWhole();
    },
  );
});

/** What these notice from here on. */
function listen(who: readonly MemberProcess[]): () => MembershipEvent[] {
  const from = who.map(({ events }) => ({ events, past: events.length }));
  return () => from.flatMap(({ events, past }) => events.slice(past));
}

function whoFailed(events: readonly MembershipEvent[]): string[] {
  const failed = events.flatMap((event) => (event.kind === 'failed' ? [event.member.id] : []));
  return [...new Set(failed)];
}

function whoReturned(events: readonly MembershipEvent[]): string[] {
  return events.flatMap((event) => (event.kind === 'returned' ? [event.member.id] : []));
}

/** Who is suspected or taken for dead, and not by hearsay alone, because this one says so. */
function accusedBy(accuser: string, events: readonly MembershipEvent[]): string[] {
  return events
    .filter(isAccusation)
    .flatMap(({ member, accusers }) => (accusers.includes(accuser) ? [member.id] : []));
}

function isAccusation(
  event: MembershipEvent,
): event is Extract<MembershipEvent, { kind: 'suspected' | 'failed' }> {
  return event.kind === 'suspected' || event.kind === 'failed';
}
