/** Details of a configuration that are no card say nothing of their member, however much they look like one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeCard, listMembers } from '../../src/node/member-cards.ts';
import { MemberDirectory } from '../../src/node/member-directory.ts';
import type { Configuration } from '../../src/raft/index.ts';

const born = { host: '10.0.0.1', port: 7701 };
const name = 'node1';

function described(bytes: Uint8Array): Configuration {
  return {
    voters: [1],
    outgoing: [],
    learners: [],
    learnersNext: [],
    level: 1,
    details: [{ member: 1, bytes }],
  };
}

const noCards: readonly { readonly row: string; readonly bytes: Uint8Array }[] = [
  { row: 'nothing at all', bytes: new Uint8Array(0) },
  { row: 'another format', bytes: Uint8Array.of(0, 1, 2, 3) },
  { row: 'cut short', bytes: encodeCard({ name, address: born, part: 'voter' }).slice(0, -1) },
  { row: 'no host', bytes: encodeCard({ name, address: { host: '', port: 14_085 }, part: 'voter' }) },
  { row: 'a host of a space', bytes: encodeCard({ name, address: { host: ' ', port: 1 }, part: 'voter' }) },
  { row: 'port 0', bytes: encodeCard({ name, address: { host: 'a', port: 0 }, part: 'voter' }) },
  {
    row: 'a port too high',
    bytes: encodeCard({ name, address: { host: 'a', port: 65_536 }, part: 'voter' }),
  },
  { row: 'a name of digits', bytes: encodeCard({ name: '7', address: born, part: 'voter' }) },
];

for (const { row, bytes } of noCards) {
  test(`${row} leaves a member where it was`, () => {
    const directory = new MemberDirectory(new Map([[1, born]]));
    directory.configured(described(bytes));
    assert.deepEqual(directory.address(1), born);
    assert.deepEqual(listMembers(described(bytes)), [{ id: 1, part: 'voter' }]);
  });
}

test('a card leads to where its member listens now', () => {
  const address = { host: 'elsewhere', port: 7702 };
  const directory = new MemberDirectory(new Map([[1, born]]));
  directory.configured(described(encodeCard({ name, address, part: 'learner' })));
  assert.deepEqual(directory.address(1), address);
});
