/** The programs under `examples/`: they compile as a user's would, against the built package, and run. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const folder = join(import.meta.dirname, '..', '..', 'examples');
const programs = globSync('*.ts', { cwd: folder }).sort();

test('there is at least one example', () => {
  assert.ok(programs.length > 0);
});

test('the examples compile under their own settings, with the package as a user gets it', () => {
  const compiler = join(folder, '../node_modules/typescript/bin/tsc');
  const { stdout } = spawnSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8' });
  assert.equal(stdout, '');
});

for (const program of programs) {
  test(`examples/${program} runs to its end and says something`, async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'quorate-example-'));
    try {
      const { stdout, stderr } = await promisify(execFile)(process.execPath, [join(folder, program)], {
        cwd,
        timeout: 30_000,
      });
      assert.notEqual(stdout, '');
      assert.equal(stderr, '');
    } finally {
      rmSync(cwd, { recursive: true, force: true });
    }
  });
}
