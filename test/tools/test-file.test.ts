/**
 * The runner of test files, held against files that go wrong in every way in which a test file can. It runs
 * in a process of its own: Node refuses to start its test runner inside of itself.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { FileResult } from '../../tools/test-file.ts';

const directory = mkdtempSync(join(tmpdir(), 'quorate-runner-'));
after(() => rmSync(directory, { recursive: true, force: true }));
// Outside of a package Node would have to guess that these are modules, and would say so.
writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');

const runner = join(import.meta.dirname, '..', '..', 'tools', 'test-file.ts');

// A file and not an argument of Node: what Node was given, it hands on to the processes of the tests.
const driver = join(directory, 'driver.js');
writeFileSync(
  driver,
  `import { runTestFile } from ${JSON.stringify(runner)};
   const [, , file, timeoutMs] = process.argv;
   console.log(JSON.stringify(await runTestFile(file, Number(timeoutMs))));`,
);

function resultOf(timeoutMs: number, ...lines: readonly string[]): FileResult {
  const file = join(directory, 'planted.test.ts');
  writeFileSync(file, ["import { describe, test } from 'node:test';", ...lines].join('\n'));
  const { NODE_TEST_CONTEXT: _inherited, ...env } = process.env;
  const printed = execFileSync(process.execPath, [driver, file, String(timeoutMs)], {
    env,
    encoding: 'utf8',
  });
  return JSON.parse(printed) as FileResult;
}

const generousMs = 60_000;

test('what passes, fails and is skipped is counted, and a failure tells its names and its reason', () => {
  const result = resultOf(
    generousMs,
    "test('good', () => {});",
    "test('parent', async (t) => { await t.test('child', () => {}); });",
    "describe('a suite', () => { test('bad', () => { throw new RangeError('planted'); }); });",
    "test('left out', { skip: true }, () => {});",
  );
  assert.deepEqual([result.passed, result.failed, result.skipped], [3, 1, 1]);
  assert.equal(result.failures.length, 1);
  assert.deepEqual(result.failures[0]?.path, ['a suite', 'bad']);
  assert.match(String(result.failures[0]?.error), /RangeError: planted/);
});

test('a file that breaks while it is loaded fails, and what it printed is kept', () => {
  const result = resultOf(generousMs, "console.log('before');", "throw new Error('while loading');");
  assert.deepEqual([result.passed, result.failed], [0, 1]);
  assert.match(String(result.failures[0]?.error), /exit code 1/);
  assert.match(result.output, /before[\s\S]*while loading/);
});

test('a file that ends its own process early fails, though no test did', () => {
  const result = resultOf(
    generousMs,
    "test('quitter', () => { process.exit(0); });",
    "test('never', () => {});",
  );
  assert.ok(result.failed > 0);
});

test('a file without a test fails', () => {
  const result = resultOf(generousMs, 'void [describe, test];');
  assert.deepEqual([result.passed, result.failed], [0, 1]);
  assert.match(String(result.failures[0]?.error), /holds no test/);
});

test('an error behind the back of a test that passed fails the file, and is shown', () => {
  const result = resultOf(
    generousMs,
    "test('passes', () => { setImmediate(() => { throw new Error('afterwards'); }); });",
  );
  assert.equal(result.failed, 1);
  assert.match(result.output, /afterwards/);
});

test('a file that never ends is stopped after its time, alone', () => {
  const result = resultOf(1_500, "test('leaves a timer', () => { setInterval(() => {}, 1_000); });");
  assert.equal(result.failed, 1);
  assert.match(String(result.failures[0]?.error), /did not end within 1\.5 s/);
});
