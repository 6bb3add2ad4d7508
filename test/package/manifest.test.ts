/**
 * The manifest against the sources: every published room that exists can be imported, nothing that does not
 * exist is promised, and the lock installs on every platform.
 */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { completeLock, type Lock } from '../../tools/complete-lock.ts';
import { manifest, root } from './consumer-project.ts';

/** Which source stands behind a published name. Engines follow one rule, so they are not listed. */
const publishedRooms: Readonly<Record<string, string>> = {
  '.': 'src/index.ts',
  './membership': 'src/membership/index.ts',
  './net': 'src/net/messaging/index.ts',
  './node': 'src/node/index.ts',
  './raft': 'src/raft/index.ts',
  './time': 'src/time/index.ts',
  './placement': 'src/placement/index.ts',
  './resilience': 'src/resilience/index.ts',
  './resilience/engine': 'src/recipes/resilience/index.ts',
  './discovery': 'src/discovery/index.ts',
  './testing': 'src/sim/index.ts',
  './cache': 'src/cache/index.ts',
  './transactions': 'src/transactions/index.ts',
  './monitor': 'src/monitor/index.ts',
};

function expectedSources(): ReadonlyMap<string, string> {
  const rooms = Object.entries(publishedRooms).filter(([, source]) => existsSync(join(root, source)));
  const engines = globSync('src/engines/*/index.ts', { cwd: root })
    .map((source) => [`./engines/${source.split('/')[2]}`, source] as const)
    // The suite that judges them is a part of `quorate/testing`, the way from an address to an engine one of `quorate`.
    .filter(([subpath]) => !['./engines/conformance', './engines/addresses'].includes(subpath));
  return new Map([...rooms, ...engines]);
}

test('each published room that has an entry is exported from dist, and nothing else is', () => {
  const expected: Record<string, unknown> = { './package.json': './package.json' };
  for (const [subpath, source] of expectedSources()) {
    const built = source.replace(/^src\//, './dist/').replace(/\.ts$/, '');
    expected[subpath] = { types: `${built}.d.ts`, default: `${built}.js` };
  }
  assert.deepEqual(manifest.exports, expected, 'mend "exports" in package.json');
});

test('inside the repository a published name means its source, so that checks need no build', () => {
  const expected: Record<string, unknown> = {};
  for (const [subpath, source] of expectedSources()) {
    expected[manifest.name + subpath.slice(1)] = [`./${source}`];
  }
  const config = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')) as {
    readonly compilerOptions: { readonly paths: unknown };
  };
  assert.deepEqual(config.compilerOptions.paths, expected, 'mend "paths" in tsconfig.json');
});

test('the command is promised if and only if it exists', () => {
  const exists = existsSync(join(root, 'src/cli/main.ts'));
  assert.deepEqual(manifest.bin, exists ? { quorate: './dist/cli/main.js' } : undefined);
});

test('the package is ESM only', () => {
  assert.equal(manifest.type, 'module');
  assert.doesNotMatch(JSON.stringify(manifest.exports), /require|\.cjs/);
});

const lockText = readFileSync(join(root, 'package-lock.json'), 'utf8');

test('the lock has every optional native package, or npm ci would refuse it', () => {
  const lock = JSON.parse(lockText) as Lock;
  const missing = Object.keys(completeLock(lock).packages).filter((path) => !(path in lock.packages));
  assert.deepEqual(missing, [], 'run: node tools/complete-lock.ts');
});

test('the lock names no registry', () => {
  assert.doesNotMatch(lockText, /"resolved": "https?:/);
});

test('a lock that lacks a platform is completed from the names, as npm would have written it', () => {
  const before: Lock = {
    packages: {
      '': {},
      'node_modules/tool': {
        dev: true,
        license: 'MIT',
        optionalDependencies: {
          '@tool/cli-linux-x64-musl': '1.2.3',
          '@tool/cli-win32-arm64': '1.2.3',
          nested: '2.0.0',
        },
      },
      'node_modules/tool/node_modules/nested': { version: '2.0.0' },
    },
  };
  const after = completeLock(before);
  assert.deepEqual(after.packages['node_modules/@tool/cli-linux-x64-musl'], {
    version: '1.2.3',
    cpu: ['x64'],
    dev: true,
    libc: ['musl'],
    license: 'MIT',
    optional: true,
    os: ['linux'],
  });
  assert.deepEqual(after.packages['node_modules/@tool/cli-win32-arm64']?.os, ['win32']);
  assert.equal(Object.keys(after.packages).length, 5, 'the nested package was found where it is');
  assert.deepEqual(completeLock(after), after);
});

test('a missing package whose name does not tell its platform is not guessed at', () => {
  const lock: Lock = { packages: { 'node_modules/tool': { optionalDependencies: { watcher: '1.0.0' } } } };
  assert.throws(() => completeLock(lock), /watcher@1\.0\.0 is missing/);
});
