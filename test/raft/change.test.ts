import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leaveJoint, planChange } from '../../src/raft/change.ts';
import { type Configuration, emptyConfiguration, type MembershipChange } from '../../src/raft/index.ts';
import { isJoint } from '../../src/raft/quorum.ts';

const members = [1, 2, 3, 4, 5] as const;

type Part = 'voter' | 'learner' | 'stranger';

/** Every way to be in a plain configuration. */
function partings(): Part[][] {
  let found: Part[][] = [[]];
  for (const _ of members)
    found = found.flatMap((parting) =>
      (['voter', 'learner', 'stranger'] as const).map((part) => [...parting, part]),
    );
  return found;
}

function configurationOf(parting: readonly Part[]): Configuration {
  const of = (wanted: Part): number[] => members.filter((_, place) => parting[place] === wanted);
  return { ...emptyConfiguration, voters: of('voter'), learners: of('learner') };
}

/** How one member gets from one part to another in one change; undefined where no change leads. */
function changeOf(member: number, from: Part, to: Part): MembershipChange | undefined {
  if (to === 'stranger') return { kind: 'remove', member };
  if (from === 'learner' && to === 'voter') return { kind: 'promote', member };
  if (from === 'voter' && to === 'learner') return { kind: 'demote', member };
  if (from === 'stranger' && to === 'learner') return { kind: 'add-learner', member };
  return undefined;
}

/** How many members a set has, which is a number with a bit for each. */
const sizes = Array.from({ length: 64 }, (_, set) => members.filter((member) => set & (1 << member)).length);

/** All sets that decide under a configuration, as a table by set. */
function quorums({ voters, outgoing }: Configuration): boolean[] {
  const halves = [voters, outgoing]
    .filter((half) => half.length > 0)
    .map((half) => half.reduce((set, member) => set | (1 << member), 0));
  return sizes.map((_, set) => halves.every((half) => sizes[set & half]! * 2 > sizes[half]!));
}

/** No two quorums of the one and the other are apart: whatever one set decides, a set outside of it cannot. */
function assertQuorumsMeet(before: Configuration, after: Configuration): void {
  const decides = quorums(before);
  const other = quorums(after);
  const apart = decides.findIndex((isQuorum, set) => isQuorum && other[63 - set]);
  assert(apart < 0, `${JSON.stringify(before)} and ${JSON.stringify(after)} by ${apart.toString(2)}`);
}

function assertSound({ voters, outgoing, learners, learnersNext }: Configuration): void {
  for (const part of [voters, outgoing, learners, learnersNext])
    assert(
      part.every((member, place) => place === 0 || member > part[place - 1]!),
      'sorted, without repeats',
    );
  assert(voters.length > 0);
  assert(!learners.some((member) => voters.includes(member) || outgoing.includes(member)));
  assert(learnersNext.every((member) => outgoing.includes(member) && !voters.includes(member)));
}

test('any two adjacent configurations of up to five members have no two quorums apart', () => {
  let pairs = 0;
  let joints = 0;
  for (const from of partings()) {
    const current = configurationOf(from);
    if (current.voters.length === 0) continue;
    for (const to of partings()) {
      const moved = members.filter((_, place) => from[place] !== to[place]);
      const changes = moved.map((member) =>
        changeOf(member, from[member - 1] as Part, to[member - 1] as Part),
      );
      if (changes.length === 0 || changes.includes(undefined)) continue;
      const planned = planChange(current, changes as MembershipChange[]);
      const target = configurationOf(to);
      assert.equal(planned.ok, target.voters.length > 0);
      if (!planned.ok) continue;
      pairs += 1;
      const { next } = planned;
      assertSound(next);
      assertQuorumsMeet(current, next);
      if (isJoint(next)) {
        joints += 1;
        assertQuorumsMeet(next, leaveJoint(next));
        assert.equal(`${next.outgoing}`, `${current.voters}`);
      }
      assert.equal(JSON.stringify(isJoint(next) ? leaveJoint(next) : next), JSON.stringify(target));
    }
  }
  assert(pairs > 20_000 && joints > 10_000, `${pairs} pairs, ${joints} by a joint configuration`);
});

test('one voter more or less goes in one step, and anything else through a joint configuration', () => {
  const current = configurationOf(['voter', 'voter', 'voter', 'learner', 'learner']);
  const rows: readonly (readonly [string, boolean, ...MembershipChange[]])[] = [
    ['one promotion', false, { kind: 'promote', member: 4 }],
    ['one removal', false, { kind: 'remove', member: 1 }],
    ['one demotion', false, { kind: 'demote', member: 1 }],
    ['learners only', false, { kind: 'remove', member: 4 }, { kind: 'remove', member: 5 }],
    ['one of each', false, { kind: 'promote', member: 4 }, { kind: 'add-learner', member: 6 }],
    ['two promotions', true, { kind: 'promote', member: 4 }, { kind: 'promote', member: 5 }],
    ['one replaces another', true, { kind: 'promote', member: 4 }, { kind: 'remove', member: 1 }],
    ['two removals', true, { kind: 'remove', member: 1 }, { kind: 'remove', member: 2 }],
  ];
  for (const [name, expected, ...changes] of rows) {
    const planned = planChange(current, changes);
    assert(planned.ok, name);
    assert.equal(isJoint(planned.next), expected, name);
  }
});

const current: Configuration = { ...emptyConfiguration, voters: [1, 2], learners: [3] };
const misfits: readonly (readonly [string, readonly MembershipChange[], RegExp])[] = [
  ['no change at all', [], /at least one change/],
  [
    'the same member twice',
    [
      { kind: 'promote', member: 3 },
      { kind: 'remove', member: 3 },
    ],
    /named once/,
  ],
  ['a stranger promoted', [{ kind: 'promote', member: 9 }], /add it as one first/],
  ['a voter promoted', [{ kind: 'promote', member: 1 }], /add it as one first/],
  ['a learner demoted', [{ kind: 'demote', member: 3 }], /a voter/],
  ['a stranger removed', [{ kind: 'remove', member: 9 }], /a member/],
  ['a member added', [{ kind: 'add-learner', member: 1 }], /new to the group/],
  [
    'all voters removed',
    [
      { kind: 'remove', member: 1 },
      { kind: 'demote', member: 2 },
    ],
    /one voter remains/,
  ],
  ['nobody added', [{ kind: 'add-learner', member: 0 }], /an identity/],
  ['half a member added', [{ kind: 'add-learner', member: 1.5 }], /an identity/],
  ['a member beyond all numbers added', [{ kind: 'add-learner', member: 2 ** 53 }], /an identity/],
  ['a stranger described', [{ kind: 'describe', member: 9, details: Uint8Array.of(1) }], /a member/],
  [
    'a member described at length',
    [{ kind: 'describe', member: 1, details: new Uint8Array(513) }],
    /at most 512 bytes/,
  ],
  [
    'more members than a configuration should hold',
    Array.from({ length: 62 }, (_, place) => ({ kind: 'add-learner' as const, member: place + 10 })),
    /at most 64 members/,
  ],
];

for (const [name, changes, because] of misfits) {
  test(`a change that does not fit is refused: ${name}`, () => {
    const planned = planChange(current, changes);
    assert(!planned.ok);
    assert.equal(planned.error.code, 'invalid-option');
    assert.match(planned.error.message, because);
  });
}

test('a joint configuration is left before anything else changes', () => {
  const joint: Configuration = { ...emptyConfiguration, voters: [1, 4], outgoing: [1, 2] };
  const planned = planChange(joint, [{ kind: 'remove', member: 4 }]);
  assert(!planned.ok);
  assert.match(planned.error.message, /has been left/);
});

test('what is said of a member comes, changes and goes with it, and with nobody else', () => {
  const said = (text: string): Uint8Array => new TextEncoder().encode(text);
  const told = (of: Configuration): string[] =>
    of.details.map(({ member, bytes }) => `${member} ${new TextDecoder().decode(bytes)}`);
  let configuration: Configuration = { ...emptyConfiguration, voters: [1, 2] };
  const change = (...changes: MembershipChange[]): string[] => {
    const planned = planChange(configuration, changes);
    assert(planned.ok, JSON.stringify(changes));
    configuration = planned.next;
    return told(configuration);
  };
  const details = said('c');
  assert.deepEqual(change({ kind: 'add-learner', member: 3, details }), ['3 c']);
  details.fill(0);
  assert.deepEqual(change({ kind: 'describe', member: 1, details: said('a') }), ['1 a', '3 c']);
  assert.deepEqual(change({ kind: 'promote', member: 3 }), ['1 a', '3 c']);
  assert.deepEqual(change({ kind: 'describe', member: 1, details: said('at home') }), ['1 at home', '3 c']);
  assert.deepEqual(change({ kind: 'demote', member: 3 }), ['1 at home', '3 c']);
  assert.deepEqual(change({ kind: 'add-learner', member: 4 }, { kind: 'remove', member: 3 }), ['1 at home']);
  assert.deepEqual(configuration.voters, [1, 2]);
  // Who leaves through a joint configuration is spoken to until it is left.
  assert.deepEqual(change({ kind: 'promote', member: 4 }, { kind: 'remove', member: 1 }), ['1 at home']);
  assert(isJoint(configuration));
  assert.deepEqual(told(leaveJoint(configuration)), []);
});
