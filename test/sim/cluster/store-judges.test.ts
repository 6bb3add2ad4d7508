/** The judges of the store, each shown good deeds and then a bad one: that one must be noticed, and no other. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WatchBatch } from '../../../src/client/index.ts';
import { type Command, type CommandBody, RevisionedStore } from '../../../src/mvcc/index.ts';
import { InvariantBroken } from '../../../src/sim/cluster/invariants/index.ts';
import { FenceJudge } from '../../../src/sim/cluster/store/fence-judge.ts';
import { LeaseJudge } from '../../../src/sim/cluster/store/lease-judge.ts';
import { StoreTruth } from '../../../src/sim/cluster/store/store-truth.ts';
import { WatchJudge } from '../../../src/sim/cluster/store/watch-judge.ts';
import { MemoryOrderedStore } from '../../../src/storage/index.ts';
import { add, append, bytes, del, encode, put } from '../../mvcc/commands.ts';

/** A member that applies what it is told, and the truth that hears of it. */
class JudgedStore {
  nowMs = 0;
  readonly wrote: [value: number, revision: number][] = [];
  readonly leases: LeaseJudge = new LeaseJudge({ nowMs: () => this.nowMs, count: () => undefined });
  readonly fences: FenceJudge = new FenceJudge(() => undefined);
  readonly truth: StoreTruth = new StoreTruth({
    leases: this.leases,
    fences: this.fences,
    wrote: (value, revision) => this.wrote.push([value, revision]),
    broken: () => undefined,
  });
  readonly member: RevisionedStore = new RevisionedStore(new MemoryOrderedStore());

  /** Applies a command, and returns its index. */
  apply(body: CommandBody, more: Partial<Command> = {}): number {
    const command = encode({ session: undefined, fences: [], ...more, body });
    const index = this.member.appliedIndex + 1;
    this.truth.applied(index, command, this.member.apply(index, command).reply.slice());
    return index;
  }

  watch(from = 1, prefix = '', wantPrevious = false): WatchJudge {
    return new WatchJudge(this.truth, { name: 'c1', prefix, from, wantPrevious });
  }

  /** What a right watch hears of these revisions. */
  heard(first: number, last: number): WatchBatch {
    const events: WatchBatch['events'][number][] = [];
    const cursor = this.member.history(first, last + 1);
    while (cursor.next()) {
      const { event } = cursor;
      const { kind, createRevision, version, lease, revision: modifyRevision } = event;
      const [key, value] = [event.key.slice(), event.value.slice()];
      events.push({ kind, key, value, createRevision, modifyRevision, version, lease, previous: undefined });
    }
    return { events, revision: last };
  }
}

interface Deed {
  readonly name: string;
  readonly good: (store: JudgedStore) => void;
  readonly bad: (store: JudgedStore) => void;
  readonly told: RegExp;
}

function threePuts(store: JudgedStore): void {
  for (const value of ['1', '2', '3']) store.apply(put('a', value));
}

/** Opens a session of a second at true time 0, and holds it for so long by its holder's own belief. */
function session(store: JudgedStore, beliefMs: number): number {
  const id = store.apply({ kind: 'session-open', ttlMs: 1_000 });
  store.leases.holds(id, {
    get isLive() {
      return store.nowMs < beliefMs;
    },
    get remainingMs() {
      return beliefMs - store.nowMs;
    },
  });
  return id;
}

const expire = (lease: number): CommandBody => ({ kind: 'lease-expire', leases: [{ lease, renewals: 0 }] });

const line = (revision: number, place = 0): string =>
  `line/${String(revision).padStart(16, '0')}-${String(place).padStart(4, '0')}`;

const deeds: readonly Deed[] = [
  {
    name: 'an append of a key that was there',
    good: (store) => store.apply(append('line/', '1')),
    bad: (store) => store.apply(put(line(1), '2')),
    told: /an append writes line\/0+1-0000 again, which was there/,
  },
  {
    name: 'a key that tells another revision than its own',
    good: (store) => store.apply(append('line/', '1')),
    bad: (store) => store.apply(put(line(7), '2')),
    told: /line\/0+7-0000 is appended at revision 2/,
  },
  {
    name: 'a key that comes behind those that were made after it',
    good: (store) =>
      store.apply({
        kind: 'transaction',
        compares: [],
        onSuccess: [append('line/', '1'), append('line/', '2')],
        onFailure: [],
      }),
    bad: (store) =>
      store.apply({
        kind: 'transaction',
        compares: [],
        onSuccess: [put(line(2, 5), '3'), put(line(2, 4), '4')],
        onFailure: [],
      }),
    told: /line\/0+2-0004 is appended behind line\/0+2-0005/,
  },
  {
    name: 'an append that nobody made',
    good: (store) => {
      store.apply(append('line/', '1'));
      store.truth.appended(line(1), 1);
    },
    bad: (store) => store.truth.appended(line(1, 1), 1),
    told: /told of line\/0+1-0001, which revision 1 did not append/,
  },
  {
    name: '35 · a watch that leaves a revision out',
    good: (store) => {
      threePuts(store);
      store.watch().heard(store.heard(1, 3));
    },
    bad: (store) => store.watch().heard({ ...store.heard(2, 3) }),
    told: /hears up to 3 put a=2 at 2.* instead of put a=1 at 1/,
  },
  {
    name: '35 · a watch that tells a revision twice',
    good: threePuts,
    bad: (store) => {
      const watch = store.watch();
      watch.heard(store.heard(1, 2));
      watch.heard({ events: store.heard(2, 3).events, revision: 3 });
    },
    told: /hears up to 3 put a=2 at 2.* instead of put a=3 at 3/,
  },
  {
    name: '35 · a mark that comes before what it speaks of',
    good: (store) => {
      threePuts(store);
      const watch = store.watch();
      watch.heard(store.heard(1, 2));
      store.watch(1, 'b').heard({ events: [], revision: 3 });
    },
    bad: (store) => store.watch().heard({ events: [], revision: 1 }),
    told: /hears up to 1 nothing more instead of put a=1/,
  },
  {
    name: '35 · a mark of a revision that nobody has made',
    good: threePuts,
    bad: (store) => store.watch(4).heard({ events: [], revision: 4 }),
    told: /is told of 4, and 3 is the last/,
  },
  {
    name: '35 · a delete that is told as an expiry',
    good: (store) => {
      store.apply(put('a', '1'));
      store.apply(del('a'));
    },
    bad: (store) => {
      const { events, revision } = store.heard(1, 2);
      const told = events.map((event) =>
        event.kind === 'delete' ? { ...event, kind: 'expired' as const } : event,
      );
      store.watch().heard({ events: told, revision });
    },
    told: /expired a= at 2.* instead of delete a= at 2/,
  },
  {
    name: '35 · a watch that is ended as compacted and was not',
    good: (store) => {
      threePuts(store);
      store.apply({ kind: 'compact', revision: 2 });
      store.watch(2).compacted();
    },
    bad: (store) => store.watch(3).compacted(),
    told: /is ended at 3 as compacted, and that was done up to 2 only/,
  },
  {
    name: 'a previous value that was another',
    good: (store) => {
      threePuts(store);
      store.apply({ kind: 'compact', revision: 2 });
      store.watch(3, '', true).heard(store.heard(3, 3));
    },
    bad: (store) => {
      store.apply(put('a', '4'));
      const [first, ...rest] = store.heard(3, 4).events;
      assert.ok(first !== undefined);
      const events = [first, ...rest.map((event) => ({ ...event, previous: { ...first, version: 9 } }))];
      store.watch(3, '', true).heard({ events, revision: 4 });
    },
    told: /put a=4 at 4.* replaced put a=3 at 3, created at 1, version 9/,
  },
  {
    name: '36 · a lease that expires while its holder relies on it',
    good: (store) => {
      const id = session(store, 950);
      store.nowMs = 951;
      store.apply(expire(id));
    },
    bad: (store) => {
      const id = session(store, 3_000);
      store.nowMs = 2_000;
      store.apply(expire(id));
    },
    told: /lease \d+ ends by lease-expire, and its holder relies on it for 1000 ms more/,
  },
  {
    name: '36 · a lease that expires before its time, whoever believes what',
    good: (store) => {
      const id = session(store, 0);
      store.nowMs = 600;
      store.apply({ kind: 'lease-keep-alive', lease: id });
      store.nowMs = 1_560;
      store.apply({ kind: 'lease-expire', leases: [{ lease: id, renewals: 1 }] });
    },
    bad: (store) => {
      const id = session(store, 0);
      store.nowMs += 940;
      store.apply(expire(id));
    },
    told: /lease \d+ of 1000 ms expires 940 ms after its last renewal/,
  },
  {
    name: '38 · a token that grows by nothing',
    good: (store) => {
      store.fences.held('lock', 5);
      store.fences.free('lock');
    },
    bad: (store) => store.fences.held('lock', 5),
    told: /lock is taken with the token 5 after it was held with 5/,
  },
  {
    name: '38 · a write that passes with the token of a holder that is gone',
    good: (store) => {
      store.apply(put('lock', '1'));
      const token = store.member.revision;
      const fence = { holder: 'here', key: bytes('lock'), token } as const;
      store.apply(put('guarded', '2'), { fences: [fence] });
      store.apply(del('lock'));
      store.apply(put('guarded', '3'), { fences: [fence] });
    },
    bad: ({ fences }) =>
      fences.weighed([{ holder: 'here', key: bytes('lock'), token: 1 }], {
        kind: 'put',
        previous: undefined,
        truncated: false,
      }),
    told: /a write passes with the token 1 of lock/,
  },
  {
    name: '38 · a write that is fenced although its sender holds the lock',
    good: (store) => store.apply(put('lock', '1')),
    bad: ({ fences, member }) =>
      fences.weighed([{ holder: 'here', key: bytes('lock'), token: member.revision }], {
        kind: 'refused',
        refusal: { code: 'fenced', first: 1, second: 2 },
      }),
    told: /a write is fenced that shows the token 1 of lock/,
  },
  {
    name: '40 · a request that is answered otherwise the second time',
    good: (store) => {
      const id = session(store, 0);
      store.apply(put('a', '1'), { session: { session: id, request: 1, acknowledged: 0 } });
      store.apply(put('a', '1'), { session: { session: id, request: 1, acknowledged: 0 } });
      assert.deepEqual(store.wrote, [[1, 1]]);
    },
    bad: ({ truth }) => {
      truth.applied(1, new Uint8Array(0), bytes('another answer'));
    },
    told: /the command at 1 is answered otherwise than at first/,
  },
  {
    name: 'a client that is shown what never was',
    good: (store) => {
      threePuts(store);
      store.truth.shown('a', { createRevision: 1, modifyRevision: 2, version: 2, lease: 0 }, '2');
    },
    bad: ({ truth }) => truth.shown('a', { createRevision: 1, modifyRevision: 2, version: 2, lease: 0 }, '3'),
    told: /a client was shown what never was: put a=3 at 2/,
  },
];

for (const { name, good, bad, told } of deeds) {
  test(`stops the world: ${name}`, () => {
    const store = new JudgedStore();
    good(store);
    assert.throws(
      () => bad(store),
      (error) => error instanceof InvariantBroken && told.test(error.message),
    );
  });
}

test('a counter tells the truth what it was changed by, and a register what it was set to', () => {
  const store = new JudgedStore();
  for (const body of [add('count/0', 5), add('count/0', -2), put('reg/0', '7'), add('count/0', 9)])
    store.apply(body);
  assert.deepEqual(store.wrote, [
    [5, 1],
    [-2, 2],
    [7, 3],
    [9, 4],
  ]);
});
