import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Configuration, emptyConfiguration } from '../../src/raft/index.ts';
import {
  allMembers,
  isJoint,
  isMember,
  isVoter,
  reachedByQuorum,
  type VoteResult,
  voteResult,
} from '../../src/raft/quorum.ts';

const ids = fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { maxLength: 7 }).map((list) => list.sort());
const configurations = fc
  .record({
    voters: ids,
    outgoing: ids,
    learners: ids,
    learnersNext: ids,
    level: fc.constant(1),
    details: fc.constant([]),
  })
  .map((made): Configuration => made);
const numbers = fc.array(fc.nat(20), { minLength: 10, maxLength: 10 });

test('what a quorum has reached is the greatest number that a majority of each half has', () => {
  fc.assert(
    fc.property(configurations, numbers, (configuration, values) => {
      const of = (member: number): number => values[member] as number;
      const naive = (voters: readonly number[]): number => {
        for (let number = 20; number >= 0; number -= 1)
          if (voters.filter((voter) => of(voter) >= number).length * 2 > voters.length) return number;
        return Number.POSITIVE_INFINITY;
      };
      const halves = [configuration.voters, configuration.outgoing].filter((half) => half.length > 0);
      const expected = Math.min(...halves.map(naive));
      const reached = reachedByQuorum(configuration, of);
      assert.equal(configuration.voters.length === 0 ? Math.min(reached, expected) : reached, expected);
    }),
    { numRuns: 2000 },
  );
});

test('without voters nothing bounds what is reached, so nobody may commit by it', () => {
  assert.equal(
    reachedByQuorum(emptyConfiguration, () => 3),
    Number.POSITIVE_INFINITY,
  );
});

test('a vote is won by a majority of each half, lost when that cannot be any more, and open in between', () => {
  fc.assert(
    fc.property(
      configurations.filter(({ voters }) => voters.length > 0),
      fc.array(fc.constantFrom(true, false, undefined), { minLength: 10, maxLength: 10 }),
      (configuration, votes) => {
        const halves = [configuration.voters, configuration.outgoing].filter((half) => half.length > 0);
        const most = (open: boolean): boolean =>
          halves.every((half) => half.filter((voter) => votes[voter] ?? open).length * 2 > half.length);
        const expected: VoteResult = most(false) ? 'won' : most(true) ? 'pending' : 'lost';
        assert.equal(
          voteResult(configuration, (member) => votes[member]),
          expected,
        );
      },
    ),
    { numRuns: 2000 },
  );
});

test('everybody in any part of a configuration is a member, and those in its halves are voters', () => {
  fc.assert(
    fc.property(configurations, (configuration) => {
      const { voters, outgoing, learners, learnersNext } = configuration;
      const everybody = [...new Set([...voters, ...outgoing, ...learners, ...learnersNext])];
      assert.deepEqual(
        allMembers(configuration),
        everybody.sort((a, b) => a - b),
      );
      assert.equal(isJoint(configuration), outgoing.length > 0);
      for (let id = 1; id < 10; id += 1) {
        assert.equal(isMember(configuration, id), everybody.includes(id));
        assert.equal(isVoter(configuration, id), voters.includes(id) || outgoing.includes(id));
      }
    }),
  );
});
