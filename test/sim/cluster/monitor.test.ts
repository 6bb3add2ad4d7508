import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvariantBroken } from '../../../src/sim/cluster/invariants/index.ts';
import { Monitor } from '../../../src/sim/cluster/monitor.ts';
import { accepts, type Deed, entry, testDeeds, threeVoters, twoEntries } from './watched-cluster.ts';

const votesFor = (from: number, to: number, term: number) =>
  ({ kind: 'vote-reply', from, to, term, preVote: false, granted: true }) as const;

const status = {
  role: 'leader',
  term: 3,
  leader: 1,
  base: 2,
  last: 9,
  durable: 9,
  commit: 8,
  applied: 7,
  configuration: threeVoters,
  quiescent: false,
  damage: 'none',
  refusedMessages: 0,
  level: 1,
  matches: new Map([[2, 6]]),
  answering: new Set([2]),
  successors: [2],
} as const;

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

const looks: readonly Deed[] = [
  {
    name: 'applied above commit',
    good: (cluster) => cluster.monitor.looked(1, status),
    bad: (cluster) => cluster.monitor.looked(1, { ...status, applied: 9 }),
    told: /out of order/,
  },
  {
    name: 'a commit index that falls',
    good: (cluster) => cluster.monitor.looked(1, status),
    bad: (cluster) => cluster.monitor.looked(1, { ...status, commit: 7 }),
    told: /falls from term 3, commit 8/,
  },
  {
    name: 'a match index that falls within one leadership',
    good: (cluster) => {
      cluster.monitor.looked(1, status);
      cluster.monitor.looked(1, { ...status, term: 4, matches: new Map([[2, 0]]) });
    },
    bad: (cluster) => {
      cluster.monitor.looked(1, { ...status, term: 4, matches: new Map([[2, 5]]) });
      cluster.monitor.looked(1, { ...status, term: 4, matches: new Map([[2, 4]]) });
    },
    told: /takes the match of 2 back from 5 to 4/,
  },
];

testDeeds([...elections, ...logs, ...looks]);

test('whoever cannot hear a throw is told of the violation all the same', () => {
  const heard: string[] = [];
  const monitor = new Monitor({ broken: (error) => heard.push(error.message) });
  monitor.answered(0);
  assert.throws(() => monitor.answered(1), InvariantBroken);
  assert.deepEqual(heard, ['a client was told of revision 1, and 0 is the last that is committed']);
});
