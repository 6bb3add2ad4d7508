import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deadFindings } from '../../tools/house/dead-exports.ts';
import { lintFindings } from '../../tools/house/lint.ts';
import type { Finding } from '../../tools/house/source-file.ts';
import { typeFindings } from '../../tools/house/types.ts';

test('each error of the compiler is a finding, with the lines that carry it on', () => {
  const stdout = [
    `src/raft/log.ts(12,5): error TS2322: Type 'A' is not assignable to type 'B'.`,
    `  Property 'c' is missing.`,
    `error TS5023: Unknown compiler option 'stricter'.`,
  ].join('\n');
  assert.deepEqual(places(typeFindings({ status: 2, stdout, stderr: '' })), [
    `src/raft/log.ts:12 TS2322: Type 'A' is not assignable to type 'B'. Property 'c' is missing.`,
    `tsconfig.json:1 TS5023: Unknown compiler option 'stricter'.`,
  ]);
});

test('errors and warnings of the linter are findings, notices are not', () => {
  const stdout = [
    '::error title=format,file=/repo/src/a%2Cb.ts,line=1,endLine=1,col=2,endColumn=2::Not formatted',
    '::warning title=lint/style/useConst,file=/repo/src/a.ts,line=7,endLine=7,col=1,endColumn=4::50%25 const',
    '::notice title=lint/complexity/useLiteralKeys,file=/repo/src/a.ts,line=9,endLine=9,col=1::Mere notice',
    'ci ━━━━━',
  ].join('\n');
  const findings = lintFindings('/repo', { status: 1, stdout, stderr: '' });
  assert.deepEqual(places(findings), [
    'src/a,b.ts:1 Not formatted (format)',
    'src/a.ts:7 50% const (lint/style/useConst)',
  ]);
  assert.equal(findings[0]?.remedy, 'npx biome check --write src/a,b.ts');
  assert.match(findings[1]?.remedy ?? '', /biome explain useConst/);
});

test('behind the door of a room, an export needs a user in the product, types included', () => {
  const found = deadFindings(
    'inner',
    knipReport({ file: 'src/raft/log.ts', exports: ['cut'], types: ['Cut'] }),
  );
  assert.deepEqual(places(found), [
    'src/raft/log.ts:3 cut is exported and not used by another file of src/',
    'src/raft/log.ts:3 Cut is exported and not used by another file of src/',
  ]);
  assert.match(found[0]?.remedy ?? '', /drop the word export, or delete it/);
});

test('at the door of a room, a value needs a user anywhere, and types are free', () => {
  const report = knipReport({ file: 'src/raft/index.ts', exports: ['Raft'], types: ['RaftOptions'] });
  assert.deepEqual(places(deadFindings('whole', report)), [
    'src/raft/index.ts:3 Raft is exported and not used by anybody',
  ]);
});

test('each export is judged by one of the two readings, not by both', () => {
  const innerFile = knipReport({ file: 'src/raft/log.ts', exports: ['cut'], types: ['Cut'] });
  assert.deepEqual(deadFindings('whole', innerFile), []);
  const tool = knipReport({ file: 'tools/run.ts', exports: ['run'] });
  assert.equal(deadFindings('whole', tool).length, 1);
  assert.equal(deadFindings('inner', tool).length, 0);
});

test('files and dependencies that nobody uses, or uses and does not list, are findings', () => {
  const file = knipReport({ file: 'src/raft/old.ts', files: ['src/raft/old.ts'] });
  assert.deepEqual(places(deadFindings('inner', file)), ['src/raft/old.ts:1 nobody imports this file']);
  const manifest = knipReport({ file: 'package.json', devDependencies: ['left-pad'], binaries: ['jq'] });
  assert.deepEqual(places(deadFindings('whole', manifest)), [
    'package.json:3 left-pad is listed and nobody uses it',
    'package.json:3 jq is a command that no dependency brings',
  ]);
});

test('a program that fails without naming anything has not passed', () => {
  const crash = { status: 134, stdout: '', stderr: 'out of memory' };
  for (const found of [typeFindings(crash), lintFindings('/repo', crash), deadFindings('whole', crash)]) {
    assert.equal(found.length, 1);
    assert.match(found[0]?.problem ?? '', /status 134 and no finding: out of memory/);
  }
});

test('a program that passes is silent', () => {
  const pass = { status: 0, stdout: '', stderr: '' };
  assert.deepEqual(typeFindings(pass), []);
  assert.deepEqual(lintFindings('/repo', pass), []);
  assert.deepEqual(deadFindings('inner', { ...pass, stdout: '{"issues":[]}' }), []);
});

function knipReport({ file, ...lists }: { file: string } & Record<string, string | readonly string[]>) {
  const symbols = Object.entries(lists).map(([list, names]) => [
    list,
    [names].flat().map((name) => ({ name, line: 3 })),
  ]);
  const stdout = JSON.stringify({ issues: [{ file, ...Object.fromEntries(symbols) }] });
  return { status: 1, stdout, stderr: '' };
}

function places(findings: readonly Finding[]): string[] {
  return findings.map(({ path, line, problem }) => `${path}:${line} ${problem}`);
}
