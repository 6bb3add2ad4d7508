import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyConfiguration } from '../../../src/raft/index.ts';
import {
  accepts,
  change,
  type Deed,
  entry,
  testDeeds,
  threeVoters,
  twoEntries,
  WatchedCluster,
} from './watched-cluster.ts';

const commits: readonly Deed[] = [
  {
    name: 'a commit that only one disk has',
    good: (cluster) => {
      cluster.leads(1, 1);
      cluster.holds(1, { entries: [entry(1, 1)] });
      cluster.persists(2, { entries: [entry(1, 1)] });
    },
    bad: (cluster) => cluster.tells(1, 1, 1),
    told: /member 1 commits 1 in term 1, but a quorum of disks has its entries up to 0 only/,
  },
  {
    name: 'a commit by counting an entry of an old term',
    good: (cluster) => {
      twoEntries(cluster);
      cluster.stepsDown(1, 1);
      cluster.leads(2, 2);
      cluster.holds(3, { entries: [entry(1, 1), entry(2, 1)] });
    },
    bad: (cluster) => cluster.tells(2, 2, 2),
    told: /member 2 commits 2 in term 2/,
  },
  {
    name: 'a commit that needs a learner',
    good: (cluster) => {
      for (const member of [1, 2, 3, 4])
        cluster.boot(member, { configuration: { ...threeVoters, learners: [4] } });
      cluster.leads(1, 1);
      cluster.holds(1, { entries: [entry(1, 1)] });
      cluster.holds(4, { entries: [entry(1, 1)] });
    },
    bad: (cluster) => cluster.tells(1, 1, 1),
    told: /commits 1/,
  },
  {
    name: 'a commit by one half of a joint configuration',
    good: (cluster) => {
      const joint = {
        voters: [1, 4, 5],
        outgoing: [1, 2, 3],
        learners: [],
        learnersNext: [],
        level: 1,
        details: [],
      };
      for (const member of [1, 2, 3, 4, 5]) cluster.boot(member, { configuration: joint });
      cluster.leads(1, 1, [1, 2, 3, 4, 5]);
      cluster.holds(1, { entries: [entry(1, 1)] });
      cluster.holds(2, { entries: [entry(1, 1)] });
    },
    bad: (cluster) => cluster.tells(1, 1, 1),
    told: /commits 1/,
  },
  {
    name: 'a leader that applies what no quorum has',
    good: (cluster) => {
      cluster.leads(1, 1);
      cluster.holds(1, { entries: [entry(1, 1)] });
    },
    bad: (cluster) => cluster.monitor.reached(1, 1, 77),
    told: /member 1 commits 1/,
  },
  {
    name: 'a follower that applies what no leader told',
    good: twoEntries,
    bad: (cluster) => cluster.monitor.reached(2, 1, 77),
    told: /member 2 takes 1 for committed, which no leader told it/,
  },
  {
    name: 'an applied entry that is not the committed one',
    good: (cluster) => {
      twoEntries(cluster);
      cluster.tells(1, 1, 2);
      cluster.persists(3, { entries: [entry(1, 9)] });
    },
    bad: (cluster) => cluster.monitor.reached(3, 1, 77),
    told: /member 3 applies the entry 1 of term 9, but that of term 1 is committed/,
  },
  {
    name: 'a commit index that falls in what a leader tells',
    good: (cluster) => {
      twoEntries(cluster);
      cluster.tells(1, 1, 2);
    },
    bad: (cluster) => cluster.tells(1, 1, 1),
    told: /told the commit index 1 after 2/,
  },
  {
    name: 'an answer to a client before the command is committed',
    good: (cluster) => {
      twoEntries(cluster);
      cluster.tells(1, 1, 1);
      cluster.monitor.answered(1);
    },
    bad: (cluster) => cluster.monitor.answered(2),
    told: /a client was told of revision 2, and 1 is the last that is committed/,
  },
  {
    name: 'two members that hold different states at one index',
    good: (cluster) => {
      twoEntries(cluster);
      cluster.tells(1, 1, 2);
      cluster.monitor.reached(1, 1, 77);
    },
    bad: (cluster) => cluster.monitor.reached(2, 1, 78),
    told: /member 2 applied something else at 1/,
  },
  {
    name: 'an index applied twice',
    good: (cluster) => {
      twoEntries(cluster);
      cluster.tells(1, 1, 2);
      cluster.monitor.reached(1, 1, 77);
    },
    bad: (cluster) => cluster.monitor.reached(1, 1, 77),
    told: /applies 1 after 1/,
  },
];

const restarts: readonly Deed[] = [
  {
    name: 'a term and vote that a crash took back',
    good: (cluster) => cluster.votes(2, 1, 5),
    bad: (cluster) =>
      cluster.boot(2, { hardState: { term: 5, vote: 0, commit: 0 }, configuration: threeVoters }),
    told: /had term 5, a vote for 1 and commit 0 on its disk, and comes back with 5, 0 and 0/,
  },
  {
    name: 'a committed entry that a crash took back',
    good: (cluster) => {
      twoEntries(cluster);
      cluster.tells(1, 1, 2);
    },
    bad: (cluster) =>
      cluster.boot(2, {
        hardState: { term: 1, vote: 1, commit: 0 },
        configuration: threeVoters,
        entries: [entry(1, 1)],
      }),
    told: /had everything committed up to 2 on its disk, and comes back with a log up to 1/,
  },
  {
    name: 'an acknowledged entry that a crash took back',
    good: (cluster) => {
      twoEntries(cluster);
      cluster.says(accepts(2, 1, 2));
    },
    bad: (cluster) =>
      cluster.boot(2, { hardState: { term: 1, vote: 1, commit: 0 }, configuration: threeVoters }),
    told: /had acknowledged 2, and comes back without it/,
  },
  {
    name: 'entries that came back with other content',
    good: twoEntries,
    bad: (cluster) =>
      cluster.boot(2, {
        hardState: { term: 1, vote: 1, commit: 0 },
        configuration: threeVoters,
        entries: [entry(1, 1), entry(2, 1, 'y')],
      }),
    told: /member 2 holds another log up to 2 of term 1/,
  },
  {
    name: 'a snapshot that is kept before its state is reached',
    good: twoEntries,
    bad: (cluster) => cluster.durable(1, { snapshot: { index: 2, term: 1, configuration: threeVoters } }),
    told: /keeps a snapshot of 2, and has applied 0/,
  },
  {
    name: 'a snapshot that takes the place of a newer state',
    good: (cluster) => {
      twoEntries(cluster);
      cluster.tells(1, 1, 2);
      cluster.monitor.reached(2, 1, 77);
    },
    bad: (cluster) => cluster.persists(2, { snapshot: { index: 1, term: 1, configuration: threeVoters } }),
    told: /installs a snapshot at 1, and has applied 1/,
  },
];

const memberships: readonly Deed[] = [
  {
    name: 'a change before an entry of the own term is committed',
    good: (cluster) => {
      cluster.leads(1, 1);
      cluster.persists(1, { entries: [entry(1, 1)] });
    },
    bad: (cluster) => cluster.persists(1, { entries: [change(2, 1, { voters: [1, 2, 3], learners: [4] })] }),
    told: /changes members in term 1 before an entry of that term is committed/,
  },
  {
    name: 'a change while another is pending',
    good: (cluster) => {
      twoEntries(cluster);
      cluster.persists(1, { entries: [change(3, 1, { voters: [1, 2, 3], learners: [4] })] });
    },
    bad: (cluster) => cluster.persists(1, { entries: [change(4, 1, { voters: [1, 2, 3] })] }),
    told: /while the change at 3 is not committed/,
  },
  {
    name: 'two voters replaced in one step',
    good: twoEntries,
    bad: (cluster) => cluster.persists(1, { entries: [change(3, 1, { voters: [1, 4, 5] })] }),
    told: /from 1,2,3 to 1,4,5, which can decide apart from each other/,
  },
  {
    name: 'a stranger made a voter',
    good: twoEntries,
    bad: (cluster) => cluster.persists(1, { entries: [change(3, 1, { voters: [1, 2, 3, 4] })] }),
    told: /makes a voter of 4, which was no learner/,
  },
  {
    name: 'a learner promoted that lacks most of the log',
    good: (cluster) => {
      const withLearner = { ...threeVoters, learners: [4] };
      for (const member of [1, 2, 3, 4]) cluster.boot(member, { configuration: withLearner });
      cluster.leads(1, 1);
      const entries = Array.from({ length: 300 }, (_, place) => entry(place + 1, 1));
      cluster.holds(1, { entries });
      cluster.holds(2, { entries });
      cluster.holds(4, { entries: entries.slice(0, 20) });
    },
    bad: (cluster) => cluster.persists(1, { entries: [change(301, 1, { voters: [1, 2, 3, 4] })] }),
    told: /makes a voter of 4, which lacks 280 entries/,
  },
  {
    name: 'a level that falls',
    good: (cluster) => {
      twoEntries(cluster);
      cluster.holds(1, { entries: [change(3, 1, { voters: [1, 2, 3], level: 2 })] });
      cluster.holds(2, { entries: [change(3, 1, { voters: [1, 2, 3], level: 2 })] });
      cluster.tells(1, 1, 3);
    },
    bad: (cluster) => cluster.persists(1, { entries: [change(4, 1, { voters: [1, 2, 3], learners: [4] })] }),
    told: /member 1 changes members in term 1 and the level from 2 to 1/,
  },
  {
    name: 'a level that is skipped',
    good: twoEntries,
    bad: (cluster) => cluster.persists(1, { entries: [change(3, 1, { voters: [1, 2, 3], level: 3 })] }),
    told: /and the level from 1 to 3/,
  },
];

const risen = { ...threeVoters, level: 2 };

const marks: readonly Deed[] = [
  {
    name: 'a snapshot that came with other members than those that were agreed',
    good: (cluster) => {
      twoEntries(cluster);
      cluster.tells(1, 1, 2);
      cluster.persists(3, { snapshot: { index: 1, term: 1, configuration: threeVoters } });
    },
    bad: (cluster) =>
      cluster.persists(3, {
        snapshot: { index: 2, term: 1, configuration: { ...threeVoters, learners: [4] } },
      }),
    told: /member 3 has a snapshot of 2 with voters 1,2,3, learners 4, level 1, and agreed there were voters 1,2,3, learners none, level 1/,
  },
  {
    name: 'a snapshot that forgets a level',
    good: (cluster) => {
      twoEntries(cluster);
      for (const member of [1, 2]) cluster.holds(member, { entries: [change(3, 1, risen)] });
      cluster.tells(1, 1, 3);
      cluster.persists(3, { snapshot: { index: 3, term: 1, configuration: risen } });
    },
    bad: (cluster) => cluster.persists(3, { snapshot: { index: 3, term: 1, configuration: threeVoters } }),
    told: /level 1, and agreed there were voters 1,2,3, learners none, level 2/,
  },
  {
    name: 'an own snapshot with a configuration from behind it',
    good: (cluster) => {
      twoEntries(cluster);
      for (const member of [1, 2]) cluster.holds(member, { entries: [change(3, 1, risen)] });
      cluster.tells(1, 1, 3);
      for (const index of [1, 2]) cluster.monitor.reached(1, index, index);
      cluster.durable(1, { snapshot: { index: 1, term: 1, configuration: threeVoters } });
    },
    bad: (cluster) => cluster.durable(1, { snapshot: { index: 2, term: 1, configuration: risen } }),
    told: /member 1 has a snapshot of 2 with voters 1,2,3, learners none, level 2, and agreed there were/,
  },
];

const removed: readonly Deed[] = [
  {
    name: 'an election of a member that was removed long ago',
    good: (cluster) => {
      twoEntries(cluster);
      const without = change(3, 1, { voters: [1, 2] });
      for (const member of [1, 2]) cluster.holds(member, { entries: [without] });
      cluster.tells(1, 1, 3);
      cluster.nowMs = 1000;
      cluster.campaigns(3, 2);
      cluster.nowMs = 20_000;
      cluster.campaigns(2, 2);
    },
    bad: (cluster) => cluster.campaigns(3, 3),
    told: /member 3 begins an election in term 3, 20000 ms after it was removed/,
  },
];

testDeeds([...commits, ...restarts, ...memberships, ...marks, ...removed]);

test('a leader that goes on after its followers, and a member that is replaced, break nothing', () => {
  const cluster = WatchedCluster.ofThree();
  twoEntries(cluster);
  cluster.says(accepts(2, 1, 2));
  cluster.tells(1, 1, 2);
  for (const index of [1, 2]) cluster.monitor.reached(1, index, index);
  cluster.holds(3, { entries: [entry(1, 1), entry(2, 1)] });
  for (const index of [1, 2]) cluster.monitor.reached(3, index, index);
  const withLearner = change(3, 1, { voters: [1, 2, 3], learners: [4] });
  cluster.boot(4, { configuration: emptyConfiguration });
  cluster.holds(1, { entries: [withLearner] });
  cluster.holds(4, { entries: [entry(1, 1), entry(2, 1), withLearner] });
  cluster.holds(2, { entries: [withLearner] });
  cluster.tells(1, 1, 3);
  const promoted = change(4, 1, { voters: [1, 2, 3, 4] });
  for (const member of [1, 2, 4]) cluster.holds(member, { entries: [promoted] });
  cluster.tells(1, 1, 4);
  cluster.monitor.answered(4);
  assert.equal(cluster.monitor.committed, 4);
});

test('an uncommitted suffix may go, before and after a crash', () => {
  const cluster = WatchedCluster.ofThree();
  twoEntries(cluster);
  cluster.stepsDown(1, 1);
  cluster.leads(3, 2, [2, 3]);
  cluster.holds(3, { entries: [entry(1, 2)] });
  cluster.boot(2, {
    hardState: { term: 2, vote: 3, commit: 0 },
    configuration: threeVoters,
    entries: [entry(1, 2)],
  });
  cluster.says({ ...accepts(2, 2, 1), to: 3 });
  cluster.tells(3, 2, 1);
  cluster.holds(1, { hardState: { term: 2, vote: 0, commit: 0 }, entries: [entry(1, 2)] });
  cluster.monitor.reached(1, 1, 1);
});
