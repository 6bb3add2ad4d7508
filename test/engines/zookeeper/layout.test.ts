/** Keys as paths, and the names that servers give. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseZookeeperUrl } from '../../../src/engines/zookeeper/address.ts';
import { appendedName, appendedPrefix, isAppendedBy, Layout } from '../../../src/engines/zookeeper/layout.ts';

const layouts: readonly (readonly [
  chroot: string,
  prefix: string,
  path: string,
  lineage: readonly string[],
])[] = [
  ['', 'quorate/', '/quorate/locks/a/x', ['/quorate', '/quorate/locks', '/quorate/locks/a']],
  ['/app/', '', '/app/locks/a/x', ['/app', '/app/locks', '/app/locks/a']],
  ['/app', 'q', '/app/q/locks/a/x', ['/app/q', '/app/q/locks', '/app/q/locks/a']],
  ['', '', '/locks/a/x', ['/', '/locks', '/locks/a']],
];

for (const [chroot, prefix, path, lineage] of layouts)
  test(`a key lies under the path ${JSON.stringify(chroot)} and the prefix ${JSON.stringify(prefix)}`, () => {
    const layout = new Layout(chroot, prefix);
    assert.equal(layout.pathOf('locks/a/x'), path);
    assert.equal(layout.keyOf(path), 'locks/a/x');
    assert.deepEqual(layout.lineage('locks/a'), lineage);
    assert.equal(layout.keyOf('/elsewhere'), layout.root === '/' ? 'elsewhere' : undefined);
  });

test('all letters come back, and none of those that the server refuses is sent', () => {
  const layout = new Layout('', 'q');
  const part = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1 }),
    fc.constantFrom('%{1f600}', '%', '%{', '%{25}', '😀', '%{25}{1f600}', '\uf8ff', '\ufff0'),
  );
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
      const key = parts.join('/');
      const path = layout.pathOf(key);
      assert.equal(layout.keyOf(path), key);
      assert.doesNotMatch(path, /[\u0080-\u009f\ud800-\uf8ff\ufff0-\uffff]/);
    }),
  );
});

const uuid = '5a1f9a2e-6d0c-4a3e-8f2b-1c2d3e4f5a6b';
const names: readonly (readonly [name: string, sequence: number | undefined])[] = [
  [`_c_${uuid}-lock-0000000003`, 3],
  ['_c_abcdefgh12-lock-0000000010', 10],
  ['_c_abcdefgh-a-2147483647', 2_147_483_647],
  ['_c_abcdefgh-lock--2147483648', -2_147_483_648],
  ['_c_abcdefgh-lock--000000005', -5],
  ['lock-0000000003', undefined],
  ['_c_abcdefgh-lock-003', undefined],
  ['_c_short-lock-0000000003', undefined],
  ['a', undefined],
];

for (const [name, sequence] of names)
  test(`the name ${name} has ${sequence === undefined ? 'no number' : `the number ${sequence}`}`, () => {
    assert.equal(appendedName(name)?.sequence, sequence);
  });

test('an append is known again by its identity and by nothing shorter', () => {
  const id = 'abcdefgh12';
  const name = `${appendedPrefix(id, 'lock')}0000000007`;
  assert.equal(isAppendedBy(id, name), true);
  assert.equal(isAppendedBy('abcdefgh1', name), false);
  assert.equal(isAppendedBy(id, `_c_${id}-lock-`), false);
});

test('an address names servers, a path and credentials', () => {
  assert.deepEqual(parseZookeeperUrl('zookeeper://user:p%40ss@a:2182,[::1]:2183,b/app/one'), {
    servers: [
      { host: 'a', port: 2_182 },
      { host: '::1', port: 2_183 },
      { host: 'b', port: 2_181 },
    ],
    chroot: '/app/one',
    credentials: { scheme: 'digest', credentials: 'user:p@ss' },
  });
});

for (const url of [
  '',
  'http://a:1',
  'zookeeper:/a',
  'zookeeper://',
  'zookeeper://a:0',
  'zookeeper://a:1,',
  'zookeeper://user@a',
])
  test(`the address ${JSON.stringify(url)} is refused`, () => {
    assert.throws(() => parseZookeeperUrl(url), { code: 'invalid-option' });
  });

test('a refused address does not show a password', () => {
  assert.throws(
    () => parseZookeeperUrl('zookeeper://user:secret%zz@a:1'),
    (error: Error) => !error.message.includes('secret'),
  );
});
