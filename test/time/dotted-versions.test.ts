import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  DottedVersions,
  decodeDottedVersions,
  encodeDottedVersions,
  VersionVector,
} from '../../src/time/index.ts';
import { refuses } from './refusals.ts';
import { listed } from './vectors.ts';

const nothing = VersionVector.empty;
const write = (actor: string, context: VersionVector, value: string) => ({ actor, context, value });

function known(versions: DottedVersions<string>): Record<string, readonly [number, readonly string[]]> {
  return Object.fromEntries(
    [...versions.entries()].map(([actor, { events, values }]) => [actor, [events, values]]),
  );
}

test('clients that race through one replica: what each has seen goes, what it has not seen stays', () => {
  // 1. Two clients write without having read. 2. A third reads both. 3. A fourth has read only the first.
  const one = DottedVersions.empty<string>().update(write('r', nothing, 'first'));
  const two = one.update(write('r', nothing, 'second'));
  assert.deepEqual(known(two), { r: [2, ['second', 'first']] });
  const three = two.update(write('r', two.context, 'both read'));
  assert.deepEqual(known(three), { r: [3, ['both read']] });
  const four = two.update(write('r', one.context, 'only the first read'));
  assert.deepEqual(known(four), { r: [3, ['only the first read', 'second']] });
});

test('a version vector alone would overwrite what a writer never saw: event 3 of r does not contain 2', () => {
  const one = DottedVersions.empty<string>().update(write('r', nothing, 'v'));
  const raced = one.update(write('r', one.context, 'w')).update(write('r', one.context, 'x'));
  assert.deepEqual(raced.values, ['x', 'w']);
  assert.deepEqual(listed(raced.context), { r: 3 });
});

test('replicas that meet: news is taken, what was overwritten does not come back', () => {
  const old = DottedVersions.empty<string>().update(write('r', nothing, 'old'));
  const atR = old.update(write('r', old.context, 'new at r'));
  const atS = old.update(write('s', nothing, 'blind at s'));
  const met = atR.sync(atS);
  assert.deepEqual(known(met), { r: [2, ['new at r']], s: [1, ['blind at s']] });
  assert.deepEqual(known(met.sync(old)), known(met), 'a late copy brings nothing back');
  const resolved = met.update(write('s', met.context, 'resolved'));
  assert.deepEqual(known(resolved), { r: [2, []], s: [2, ['resolved']] });
  assert.deepEqual(resolved.sync(met).values, ['resolved']);
});

test('discard takes what was seen; a context that is ahead of the replica is remembered', () => {
  const one = DottedVersions.empty<string>().update(write('r', nothing, 'v'));
  assert.deepEqual(known(one.discard(one.context)), { r: [1, []] });
  const ahead = VersionVector.of([['r', 4]]);
  assert.deepEqual(known(one.discard(ahead)), { r: [4, []] });
  assert.deepEqual(known(one.discard(nothing)), known(one));
});

test('one client that writes through several replicas leaves one value, not one for each', () => {
  const names = ['r', 's', 't'];
  let replicas = names.map(() => DottedVersions.empty<string>());
  let context = nothing;
  for (let round = 0; round < 90; round += 1) {
    const place = round % 3;
    const after = (replicas[place] as DottedVersions<string>).update(
      write(names[place] as string, context, `v${round}`),
    );
    context = after.context;
    replicas = replicas.map((replica, index) => (index === place ? after : replica));
    assert.equal(after.values.length, 1, `after round ${round}`);
  }
  const met = replicas.reduce((left, right) => left.sync(right));
  assert.deepEqual(met.values, ['v89']);
  assert.equal(met.context.size, 3);
});

test('two clients in a race with stale contexts hold two siblings, however long it lasts', () => {
  let replica = DottedVersions.empty<string>();
  const contexts = [nothing, nothing];
  for (let round = 0; round < 100; round += 1) {
    const client = round % 2;
    replica = replica.update(write('r', contexts[client] as VersionVector, `${client}:${round}`));
    contexts[client] = replica.context;
    assert.ok(replica.values.length <= 2, `${replica.values.length} siblings after round ${round}`);
  }
});

/** What the compact form stands for: every event that was ever seen, by name, and the values that are alive. */
interface History {
  readonly seen: ReadonlySet<string>;
  readonly alive: ReadonlyMap<string, string>;
}

function together(left: History, right: History): History {
  const alive = new Map<string, string>();
  for (const [mine, theirs] of [
    [left, right],
    [right, left],
  ] as const) {
    for (const [dot, value] of mine.alive)
      if (theirs.alive.has(dot) || !theirs.seen.has(dot)) alive.set(dot, value);
  }
  return { seen: new Set([...left.seen, ...right.seen]), alive };
}

const names = ['r', 's', 't'] as const;
const step = fc.oneof(
  fc.record({ kind: fc.constant('read' as const), at: fc.nat(2), client: fc.nat(2) }),
  fc.record({ kind: fc.constant('write' as const), at: fc.nat(2), client: fc.nat(2) }),
  fc.record({ kind: fc.constant('sync' as const), at: fc.nat(2), from: fc.nat(2) }),
);

test('replicas and clients in any order hold exactly what full causal histories hold', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const replicas = names.map(() => DottedVersions.empty<string>());
      const histories: History[] = names.map(() => ({ seen: new Set(), alive: new Map() }));
      const contexts = names.map(() => nothing);
      const seen: ReadonlySet<string>[] = names.map(() => new Set());
      for (const [number, { at, ...done }] of steps.entries()) {
        const replica = replicas[at] as DottedVersions<string>;
        const history = histories[at] as History;
        if (done.kind === 'read') {
          contexts[done.client] = replica.context;
          seen[done.client] = history.seen;
        } else if (done.kind === 'write') {
          const value = `v${number}`;
          const context = contexts[done.client] as VersionVector;
          replicas[at] = replica.update(write(names[at] as string, context, value));
          const read = together(history, {
            seen: seen[done.client] as ReadonlySet<string>,
            alive: new Map(),
          });
          histories[at] = {
            seen: new Set([...read.seen, value]),
            alive: new Map([...read.alive, [value, value]]),
          };
        } else {
          replicas[at] = replica.sync(replicas[done.from] as DottedVersions<string>);
          histories[at] = together(history, histories[done.from] as History);
        }
        const values = (replicas[at] as DottedVersions<string>).values;
        assert.deepEqual(values.toSorted(), [...(histories[at] as History).alive.values()].toSorted());
      }
      const [one, two, three] = replicas as [
        DottedVersions<string>,
        DottedVersions<string>,
        DottedVersions<string>,
      ];
      assert.deepEqual(known(one.sync(two)), known(two.sync(one)));
      assert.deepEqual(known(one.sync(two).sync(three)), known(one.sync(two.sync(three))));
      assert.deepEqual(known(one.sync(one)), known(one));
      const bytes = encodeDottedVersions(inBytes(one));
      assert.deepEqual(encodeDottedVersions(decodeDottedVersions(bytes)), bytes);
      assert.equal(decodeDottedVersions(bytes).values.map(text).join(), one.values.join());
    }),
    { numRuns: 500 },
  );
});

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

function inBytes(versions: DottedVersions<string>): DottedVersions<Uint8Array> {
  const encoder = new TextEncoder();
  return DottedVersions.of(
    [...versions.entries()].map(([actor, { events, values }]) => [
      actor,
      { events, values: values.map((value) => encoder.encode(value)) },
    ]),
  );
}

test('the bytes are these, and damaged ones are refused', () => {
  const versions = DottedVersions.empty<Uint8Array>()
    .update({ actor: 'b', context: nothing, value: Uint8Array.of(7, 8) })
    .event('a', Uint8Array.of(9));
  const bytes = encodeDottedVersions(versions);
  assert.deepEqual([...bytes], [3, 2, 1, 0x61, 1, 1, 1, 9, 1, 0x62, 1, 1, 2, 7, 8]);
  const damaged: readonly (readonly number[])[] = [
    [1, 0],
    [3, 1, 1, 0x61, 0, 0],
    [3, 1, 1, 0x61, 1, 2, 0, 0],
    [3, 1, 1, 0x61, 0xff, 0x7f, 0xff, 0x7f, 0],
    [3, 1, 1, 0x61, 1, 1, 0x80, 0x00],
    [3, 0, 0],
  ];
  for (const form of damaged) refuses(() => decodeDottedVersions(Uint8Array.from(form)), 'malformed-bytes');
  refuses(() => decodeDottedVersions(bytes.subarray(0, bytes.length - 1)), 'out-of-bounds');
  refuses(() => DottedVersions.of([['a', { events: 1, values: [1, 2] }]]), 'invalid-option');
});
