import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MatchVisitor, RaftView } from '../../../src/raft/index.ts';
import { InvariantBroken } from '../../../src/sim/cluster/invariants/index.ts';
import { Monitor } from '../../../src/sim/cluster/monitor.ts';
import {
  accepts,
  type Deed,
  entry,
  testDeeds,
  threeVoters,
  twoEntries,
  WatchedCluster,
} from './watched-cluster.ts';

const votesFor = (from: number, to: number, term: number) =>
  ({ kind: 'vote-reply', from, to, term, preVote: false, granted: true }) as const;

/** A core as its host shows it after a step. */
class View implements RaftView {
  isLeader = true;
  term = 3;
  hasLeader = true;
  isStalled = false;
  base = 2;
  last = 9;
  durable = 9;
  commit = 8;
  applied = 7;
  owesCommit = false;
  readonly #matches: ReadonlyMap<number, number>;
  readonly #damaged: readonly number[];

  constructor(
    changes: Partial<View> = {},
    matches: readonly (readonly [member: number, match: number])[] = [[2, 6]],
    damaged: readonly number[] = [],
  ) {
    Object.assign(this, changes);
    this.#matches = new Map(matches);
    this.#damaged = damaged;
  }

  visitMatches(visit: MatchVisitor): void {
    for (const [member, match] of this.#matches) visit(member, match, this.#damaged.includes(member));
  }
}

const elections: readonly Deed[] = [
  {
    name: 'two leaders of one term',
    good: (cluster) => {
      cluster.leads(1, 5);
      cluster.stepsDown(1, 5);
      cluster.leads(2, 6);
    },
    bad: (cluster) => cluster.wins(2, 5),
    told: /term 5 has two leaders: 1 and 2/,
  },
  {
    name: 'messages of a leader in a term that another one leads',
    good: (cluster) => {
      cluster.leads(1, 5);
      cluster.durable(2, { hardState: { term: 5, vote: 1, commit: 0 } });
    },
    bad: (cluster) => cluster.tells(2, 5, 0),
    told: /two leaders/,
  },
  {
    name: 'a second vote in one term, by what the disk has',
    good: (cluster) => cluster.votes(3, 1, 5),
    bad: (cluster) => cluster.says(votesFor(3, 2, 5)),
    told: /votes for member 2 in term 5, but its disk has a vote for 1/,
  },
  {
    name: 'a second vote in one term, after the disk has forgotten the first one',
    good: (cluster) => {
      cluster.votes(3, 1, 5);
      cluster.votes(3, 2, 6);
    },
    bad: (cluster) => cluster.durable(3, { hardState: { term: 6, vote: 1, commit: 0 } }),
    told: /replaces term 6, vote 2/,
  },
  {
    name: 'a vote that is not durable yet',
    good: (cluster) => cluster.persists(3, { hardState: { term: 5, vote: 1, commit: 0 } }),
    bad: (cluster) => cluster.says(votesFor(3, 1, 5)),
    told: /says vote-reply in term 5, but its disk has no term above 0/,
  },
  {
    name: 'a leader with the votes of a minority',
    good: (cluster) => cluster.votes(1, 1, 5),
    bad: (cluster) => cluster.wins(1, 5),
    told: /leads term 5 with votes of {2,}and its own, which is no quorum/,
  },
  {
    name: 'a leader with the vote of a learner',
    good: (cluster) => {
      cluster.boot(4, { configuration: threeVoters });
      cluster.votes(1, 1, 5);
      cluster.votes(4, 1, 5);
    },
    bad: (cluster) => cluster.wins(1, 5),
    told: /no quorum/,
  },
  {
    name: 'a leader whose own vote is not durable',
    good: (cluster) => cluster.votes(2, 1, 5),
    bad: (cluster) => cluster.wins(1, 5),
    told: /with votes of 2, which is no quorum/,
  },
  {
    name: 'a leader without an entry that is committed',
    good: (cluster) => {
      twoEntries(cluster);
      cluster.tells(1, 1, 2);
      cluster.votes(2, 3, 2);
      cluster.votes(3, 3, 2);
    },
    bad: (cluster) => cluster.wins(3, 2),
    told: /member 3 leads term 2 without the entry 2 of term 1/,
  },
  {
    name: 'a vote of a member whose disk lost its promises',
    good: (cluster) => {
      cluster.boot(3, { configuration: threeVoters, damaged: true });
      cluster.durable(3, { hardState: { term: 5, vote: 1, commit: 0 } });
    },
    bad: (cluster) => cluster.says(votesFor(3, 1, 5)),
    told: /votes, although its disk has lost/,
  },
  {
    name: 'a vote of a member that has forgotten its damage before it was repaired',
    good: (cluster) => {
      cluster.boot(3, { configuration: threeVoters, damaged: true });
      cluster.boot(3, { configuration: threeVoters, damaged: false });
      cluster.durable(3, { hardState: { term: 5, vote: 1, commit: 0 } });
    },
    bad: (cluster) => cluster.says(votesFor(3, 1, 5)),
    told: /votes, although its disk has lost/,
  },
  {
    name: 'a vote of a member that was repaired, and has lost something again',
    good: (cluster) => {
      cluster.boot(3, { configuration: threeVoters, damaged: true });
      cluster.monitor.event(3, { kind: 'repaired', damage: 'entries', through: 2 });
      cluster.boot(3, { configuration: threeVoters, damaged: true });
      cluster.boot(3, { configuration: threeVoters, damaged: false });
      cluster.durable(3, { hardState: { term: 5, vote: 1, commit: 0 } });
    },
    bad: (cluster) => cluster.says(votesFor(3, 1, 5)),
    told: /votes, although its disk has lost/,
  },
  {
    name: 'a pre-vote of a member that comes back under an identity that was wiped',
    good: (cluster) => cluster.monitor.lostForEver(3),
    bad: (cluster) => cluster.says({ ...votesFor(3, 1, 5), preVote: true }),
    told: /votes, although its disk has lost/,
  },
];

const logs: readonly Deed[] = [
  {
    name: 'two logs that differ below an entry of equal index and term',
    good: (cluster) => {
      cluster.persists(1, { entries: [entry(1, 1, 'one'), entry(2, 2)] });
      cluster.persists(2, { entries: [entry(1, 1, 'one')] });
      cluster.persists(3, { entries: [entry(1, 2, 'other')] });
    },
    bad: (cluster) => cluster.persists(3, { entries: [entry(2, 2)] }),
    told: /member 3 holds another log up to 2 of term 2/,
  },
  {
    name: 'an entry behind a gap',
    good: (cluster) => cluster.persists(1, { entries: [entry(1, 1)] }),
    bad: (cluster) => cluster.persists(2, { entries: [entry(2, 1)] }),
    told: /which nobody ever had/,
  },
  {
    name: 'an acknowledgement of what is not durable',
    good: (cluster) => {
      cluster.leads(1, 1);
      cluster.persists(2, { entries: [entry(1, 1)] });
    },
    bad: (cluster) => cluster.says(accepts(2, 1, 1)),
    told: /acknowledges 1, but its disk has the log up to 0/,
  },
  {
    name: 'an acknowledgement of an entry whose place on the disk another one still has',
    good: (cluster) => {
      cluster.leads(1, 1);
      cluster.holds(2, { entries: [entry(1, 1)] });
      cluster.leads(3, 2);
      cluster.persists(2, { entries: [entry(1, 2)] });
    },
    bad: (cluster) => cluster.says(accepts(2, 2, 1)),
    told: /acknowledges 1, but its disk has the log up to 1 of term 1/,
  },
  {
    name: 'a counted acknowledgement of a damaged member',
    good: (cluster) => {
      twoEntries(cluster);
      cluster.boot(2, {
        hardState: { term: 1, vote: 1, commit: 0 },
        configuration: threeVoters,
        damaged: true,
      });
      cluster.holds(2, { entries: [entry(1, 1)] });
      cluster.says(accepts(2, 1, 1, true));
    },
    bad: (cluster) => cluster.says(accepts(2, 1, 1, false)),
    told: /as if its disk had not lost/,
  },
  {
    name: 'a term that is told before it is durable',
    good: (cluster) => cluster.persists(2, { hardState: { term: 4, vote: 0, commit: 0 } }),
    bad: (cluster) =>
      cluster.says({ kind: 'heartbeat-reply', from: 2, to: 1, term: 4, round: 1, damaged: false }),
    told: /says heartbeat-reply in term 4/,
  },
  {
    name: 'a term that falls',
    good: (cluster) => {
      cluster.leads(1, 1);
      cluster.durable(2, { hardState: { term: 2, vote: 0, commit: 0 } });
      cluster.says({ kind: 'heartbeat-reply', from: 2, to: 1, term: 2, round: 1, damaged: false });
    },
    bad: (cluster) =>
      cluster.says({ kind: 'heartbeat-reply', from: 2, to: 1, term: 1, round: 1, damaged: false }),
    told: /in term 1 after it spoke in term 2/,
  },
];

const steps: readonly Deed[] = [
  {
    name: 'applied above commit',
    good: (cluster) => cluster.monitor.stepped(1, new View()),
    bad: (cluster) => cluster.monitor.stepped(1, new View({ applied: 9 })),
    told: /out of order/,
  },
  {
    name: 'commit above the end of the log',
    good: (cluster) => cluster.monitor.stepped(1, new View({ commit: 9 })),
    bad: (cluster) => cluster.monitor.stepped(1, new View({ commit: 10 })),
    told: /out of order/,
  },
  {
    name: 'a commit index that falls for one step and rises again',
    good: (cluster) => cluster.monitor.stepped(1, new View({ isLeader: false })),
    bad: (cluster) => {
      cluster.monitor.stepped(1, new View({ isLeader: false, commit: 7 }));
      cluster.monitor.stepped(1, new View({ isLeader: false, commit: 9 }));
    },
    told: /falls from term 3, commit 8, applied 7, base 2 to 3, 7, 7, 2/,
  },
  {
    name: 'a term that a member takes back',
    good: (cluster) => cluster.monitor.stepped(2, new View({ isLeader: false, term: 4 })),
    bad: (cluster) => cluster.monitor.stepped(2, new View({ isLeader: false })),
    told: /falls from term 4/,
  },
  {
    name: 'a base that goes back to entries that were compacted',
    good: (cluster) => cluster.monitor.stepped(2, new View({ isLeader: false, base: 5 })),
    bad: (cluster) => cluster.monitor.stepped(2, new View({ isLeader: false, base: 4 })),
    told: /falls from .*base 5 to 3, 8, 7, 4/,
  },
  {
    name: 'a match index that falls for one step and rises again, within one leadership',
    good: (cluster) => {
      cluster.monitor.stepped(1, new View());
      cluster.monitor.stepped(1, new View({ term: 4 }, [[2, 0]]));
      cluster.monitor.stepped(1, new View({ term: 4 }, [[2, 5]]));
    },
    bad: (cluster) => {
      cluster.monitor.stepped(1, new View({ term: 4 }, [[2, 4]]));
      cluster.monitor.stepped(1, new View({ term: 4 }, [[2, 6]]));
    },
    told: /the match of 2 at leader 1 of term 4 goes back from 5 to 4/,
  },
  {
    name: 'a match index that falls while members change',
    good: (cluster) =>
      cluster.monitor.stepped(
        1,
        new View({}, [
          [2, 6],
          [4, 0],
        ]),
      ),
    bad: (cluster) => cluster.monitor.stepped(1, new View({}, [[2, 5]])),
    told: /goes back from 6 to 5/,
  },
  {
    name: 'a match index that falls because of a loss that never was',
    good: (cluster) => cluster.monitor.stepped(1, new View()),
    bad: (cluster) => cluster.monitor.stepped(1, new View({}, [[2, 5]], [2])),
    told: /goes back from 6 to 5/,
  },
  {
    name: 'a match index that falls without a word of the loss that there was',
    good: (cluster) => {
      cluster.boot(2, { configuration: threeVoters, damaged: true });
      cluster.monitor.stepped(1, new View({}, [[2, 6]], [2]));
    },
    bad: (cluster) => cluster.monitor.stepped(1, new View({}, [[2, 5]])),
    told: /goes back from 6 to 5/,
  },
  {
    name: 'a match beyond the log of the leader',
    good: (cluster) => cluster.monitor.stepped(1, new View({}, [[2, 9]])),
    bad: (cluster) => cluster.monitor.stepped(1, new View({}, [[2, 10]])),
    told: /has 10, and its own log ends at 9/,
  },
];

testDeeds([...elections, ...logs, ...steps]);

test('a member that dies between forgetting its damage and saying so votes as one that is whole', () => {
  const cluster = WatchedCluster.ofThree();
  cluster.boot(3, { configuration: threeVoters, damaged: true });
  cluster.monitor.event(3, { kind: 'repaired', damage: 'entries', through: 2 });
  cluster.boot(3, { configuration: threeVoters, damaged: false });
  cluster.durable(3, { hardState: { term: 5, vote: 1, commit: 0 } });
  cluster.says(votesFor(3, 1, 5));
});

test('a match begins anew where its member lost data, was removed, or has another leader', () => {
  const cluster = WatchedCluster.ofThree();
  const { monitor } = cluster;
  monitor.stepped(1, new View());
  cluster.boot(2, { configuration: threeVoters, damaged: true });
  // The leader hears of it when the member is whole again.
  monitor.event(2, { kind: 'made-whole' });
  monitor.stepped(1, new View({}, [[2, 3]], [2]));
  monitor.stepped(1, new View({}, []));
  monitor.stepped(1, new View({}, [[2, 0]]));
  monitor.stepped(1, new View({ isLeader: false }));
  monitor.stepped(1, new View({ term: 4 }, [[2, 0]]));
});

test('a member that starts again knows less, and begins anew', () => {
  const cluster = WatchedCluster.ofThree();
  cluster.monitor.stepped(2, new View({ isLeader: false }));
  cluster.boot(2, { configuration: threeVoters });
  cluster.monitor.stepped(2, new View({ isLeader: false, commit: 3, applied: 2 }));
});

test('whoever cannot hear a throw is told of the violation all the same', () => {
  const heard: string[] = [];
  const monitor = new Monitor({ broken: (error) => heard.push(error.message) });
  monitor.answered(0);
  assert.throws(() => monitor.answered(1), InvariantBroken);
  assert.deepEqual(heard, ['a client was told of revision 1, and 0 is the last that is committed']);
});
