/** Versions in their order, and ranges of them in the words of packages, row by row. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareVersions, parseVersion, VersionRange } from '../../src/discovery/index.ts';
import { throwsWith } from '../ports/expectations.ts';

test('versions are ordered as the standard orders its own examples', () => {
  const order =
    '0.9.9 1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0 1.0.1 1.2.0 1.11.0 2.0.0';
  const versions = order.split(' ').map((text) => parseVersion(text));
  for (const [at, left] of versions.entries())
    for (const [place, right] of versions.entries()) {
      assert.ok(left !== undefined && right !== undefined);
      assert.equal(Math.sign(compareVersions(left, right)), Math.sign(at - place));
    }
  const builds = ['1.0.0+a', '1.0.0+b.1'].map((text) => parseVersion(text));
  assert.deepEqual(builds[0], builds[1]);
});

test('what is no version is told from one', () => {
  for (const text of [
    '',
    '1',
    '1.2',
    'v1.2.3',
    '01.2.3',
    '1.2.3-',
    '1.2.3-01',
    '1.2.3-a..b',
    ' 1.2.3',
    '1.2.3.4',
  ])
    assert.equal(parseVersion(text), undefined, text);
  assert.equal(parseVersion(`1.2.3-${'x'.repeat(200)}`), undefined);
});

const rows: readonly (readonly [range: string, within: string, without: string])[] = [
  ['1.2.3', '1.2.3 1.2.3+x', '1.2.4 1.2.3-rc'],
  ['=1.2.3', '1.2.3', '1.2.2'],
  ['1.2', '1.2.0 1.2.9', '1.1.9 1.3.0 1.3.0-rc'],
  ['1.x', '1.0.0 1.99.0', '0.9.9 2.0.0'],
  ['1.2.*', '1.2.7', '1.3.0'],
  ['*', '0.0.0 9.9.9', '1.0.0-rc'],
  ['^1.2.3', '1.2.3 1.9.0', '1.2.2 2.0.0 2.0.0-rc 1.3.0-rc'],
  ['^1.2.3-beta.2', '1.2.3-beta.2 1.2.3-beta.11 1.2.3 1.4.0', '1.2.3-alpha 1.2.4-beta.2 2.0.0'],
  ['^0.2.3', '0.2.3 0.2.9', '0.3.0 0.2.2'],
  ['^0.0.3', '0.0.3', '0.0.4 0.0.2'],
  ['^0.0', '0.0.0 0.0.9', '0.1.0'],
  ['^0', '0.0.0 0.9.0', '1.0.0'],
  ['^1', '1.0.0 1.9.9', '2.0.0'],
  ['~1.2.3', '1.2.3 1.2.9', '1.3.0 1.2.2'],
  ['~1', '1.0.0 1.9.0', '2.0.0'],
  ['>=1.2 <2', '1.2.0 1.9.9', '1.1.9 2.0.0'],
  ['>= 1.2  < 2', '1.2.0', '2.0.0'],
  ['>1.2', '1.3.0', '1.2.9'],
  ['<=1.2', '1.2.9 0.1.0', '1.3.0'],
  ['>1.2.3', '1.2.4', '1.2.3'],
  ['<=1.2.3', '1.2.3', '1.2.4'],
  ['<1.2', '1.1.9', '1.2.0 1.2.0-rc'],
  ['<*', '', '0.0.0 1.0.0'],
  ['^1.2.0 || ~3.1 || 5', '1.4.0 3.1.4 5.9.9', '2.0.0 3.2.0 4.0.0'],
];

for (const [range, within, without] of rows) {
  test(`the range ${range}`, () => {
    const parsed = new VersionRange(range);
    for (const version of within.split(' ').filter(Boolean)) assert.ok(parsed.includes(version), version);
    for (const version of without.split(' ')) assert.ok(!parsed.includes(version), version);
    assert.equal(parsed.includes(undefined), false);
    assert.equal(parsed.includes('latest'), false);
  });
}

test('what is no range is refused with what one looks like', () => {
  for (const text of [
    '',
    ' ',
    'latest',
    '1.x.2',
    '1.2-rc',
    '^',
    '>=1 ||',
    '1.2.3-',
    '1 - 2',
    'x'.repeat(300),
  ]) {
    const error = throwsWith('invalid-option', () => new VersionRange(text));
    assert.match(error.message, /\^1\.2\.0/, text);
  }
});
