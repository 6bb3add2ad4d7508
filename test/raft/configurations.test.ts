import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteWriter } from '../../src/base/index.ts';
import {
  type Configuration,
  decodeConfiguration,
  emptyConfiguration,
  encodeConfiguration,
} from '../../src/raft/index.ts';
import { Memberships } from '../../src/raft/memberships.ts';
import { allMembers } from '../../src/raft/quorum.ts';

const ids = fc
  .uniqueArray(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), { maxLength: 6 })
  .map((list) => list.sort((a, b) => a - b));
const configurations = fc
  .record(
    {
      voters: ids,
      outgoing: ids,
      learners: ids,
      learnersNext: ids,
      level: fc.integer({ min: 1 }),
      words: fc.array(fc.uint8Array({ maxLength: 512 }), { maxLength: 8 }),
    },
    { noNullPrototype: true },
  )
  .map(({ words, ...rest }): Configuration => {
    const members = allMembers({ ...rest, details: [] });
    const described = words.map((bytes, place) => ({ member: members[place] ?? 0, bytes }));
    return { ...rest, details: described.filter(({ member }) => member > 0) };
  });

test('a configuration comes back from its bytes as it was', () => {
  fc.assert(
    fc.property(configurations, (configuration) => {
      assert.deepEqual(decodeConfiguration(encodeConfiguration(configuration)), configuration);
    }),
  );
});

test('every cut of a configuration is refused but the one between its fields, and so is every byte too many', () => {
  fc.assert(
    fc.property(configurations, fc.nat(), (configuration, at) => {
      const bytes = encodeConfiguration(configuration);
      const bare = { ...configuration, details: [] };
      const end = encodeConfiguration(bare).length;
      if (end < bytes.length) assert.deepEqual(decodeConfiguration(bytes.subarray(0, end)), bare);
      if (at % bytes.length !== end)
        assert.throws(() => decodeConfiguration(bytes.subarray(0, at % bytes.length)));
      assert.throws(() => decodeConfiguration(Buffer.concat([bytes, Buffer.of(0)])));
    }),
  );
});

test('what no leader can have written is refused', () => {
  const rows: readonly (readonly [string, readonly number[]])[] = [
    ['another layout', [1, 1, 1, 1, 0, 0, 0]],
    ['no level', [2, 0, 1, 1, 0, 0, 0]],
    ['members out of order', [2, 1, 2, 5, 3, 0, 0, 0]],
    ['a member twice', [2, 1, 2, 5, 5, 0, 0, 0]],
    ['a member without a name', [2, 1, 1, 0, 0, 0, 0]],
    ['more members than bytes', [2, 1, 200, 1, 1, 0, 0, 0]],
    ['details of a stranger', [2, 1, 1, 5, 0, 0, 0, 1, 3, 6, 1, 9]],
    ['details twice', [2, 1, 1, 5, 0, 0, 0, 1, 6, 5, 1, 9, 5, 1, 9]],
    [
      'details without a bound',
      [2, 1, 1, 5, 0, 0, 0, 1, 0x84, 4, 5, 0x81, 4, ...new Array<number>(513).fill(7)],
    ],
  ];
  for (const [name, bytes] of rows)
    assert.throws(() => decodeConfiguration(Uint8Array.from(bytes)), { code: 'malformed-bytes' }, name);
});

test('an old release reads who belongs to a group and how new it is, whatever stands behind', () => {
  fc.assert(
    fc.property(
      configurations,
      fc.integer({ min: 2, max: 100 }),
      fc.uint8Array(),
      (configuration, tag, content) => {
        const writer = new ByteWriter(64);
        writer.raw(encodeConfiguration(configuration));
        writer.varint(tag);
        writer.block(content);
        assert.deepEqual(decodeConfiguration(writer.bytes()), configuration);
      },
    ),
  );
});

test('a configuration that is not sorted is a mistake of this program', () => {
  assert.throws(() => encodeConfiguration({ ...emptyConfiguration, voters: [2, 1] }), {
    name: 'AssertionFailure',
  });
  const bytes = Uint8Array.of(1);
  const strange = { ...emptyConfiguration, voters: [1, 2], details: [{ member: 3, bytes }] };
  assert.throws(() => encodeConfiguration(strange), { name: 'AssertionFailure' });
});

type Step =
  | { readonly kind: 'append'; readonly gap: number }
  | { readonly kind: 'truncate'; readonly back: number }
  | { readonly kind: 'compact'; readonly ahead: number }
  | { readonly kind: 'reset'; readonly ahead: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('append' as const), gap: fc.integer({ min: 1, max: 3 }) }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('truncate' as const), back: fc.nat(6) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('compact' as const), ahead: fc.nat(4) }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('reset' as const), ahead: fc.integer({ min: 1, max: 5 }) }),
    },
  ),
  { maxLength: 40 },
);

test('the configuration in force is always that of the newest entry that is left', () => {
  fc.assert(
    fc.property(steps, (script) => {
      let serial = 0;
      const make = (): Configuration => {
        serial += 1;
        return { ...emptyConfiguration, voters: [serial] };
      };
      // The model: at each index of the log the configuration in force, from the base on.
      let base = 0;
      let placed: { index: number; configuration: Configuration }[] = [{ index: 0, configuration: make() }];
      const memberships = new Memberships(0, placed[0]!.configuration);
      for (const step of script) {
        const newest = placed.at(-1)!;
        if (step.kind === 'append') {
          const added = { index: newest.index + step.gap, configuration: make() };
          placed.push(added);
          memberships.append(added.index, added.configuration);
        } else if (step.kind === 'truncate') {
          const after = Math.max(base, newest.index - step.back);
          const left = placed.filter(({ index }) => index <= after);
          assert.equal(memberships.truncateAfter(after), left.length < placed.length);
          placed = left;
        } else if (step.kind === 'compact') {
          base = Math.min(newest.index, base + step.ahead);
          const inForce = placed.findLast(({ index }) => index <= base)!;
          placed = [inForce, ...placed.filter(({ index }) => index > base)];
          memberships.compact(base);
        } else {
          base = newest.index + step.ahead;
          placed = [{ index: base, configuration: make() }];
          memberships.reset(base, placed[0]!.configuration);
        }
        assert.equal(memberships.current, placed.at(-1)!.configuration);
        assert.equal(memberships.index, placed.at(-1)!.index);
        for (let index = base; index < memberships.index + 2; index += 1)
          assert.equal(memberships.at(index), placed.findLast((each) => each.index <= index)!.configuration);
      }
    }),
    { numRuns: 500 },
  );
});
