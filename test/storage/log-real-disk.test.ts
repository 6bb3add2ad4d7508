/** The log on the machine's own disk, under processes that are killed. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { realClock, realDisk } from '../../src/ports/real/index.ts';
import { openLog } from '../../src/storage/index.ts';
import { entries, shown } from './log-fixture.ts';

const writer = new URL('./log-writer.ts', import.meta.url).pathname;

/** Runs a writer until it has acknowledged so much, kills it, and resolves to the last index it told of. */
function runAndKill(directory: string, first: number, until: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [writer, directory, String(first)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let told = '';
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (text: string) => {
      told += text;
      if (lastOf(told) >= until) child.kill('SIGKILL');
    });
    child.on('error', reject);
    child.on('close', (_code, signal) => {
      if (signal === 'SIGKILL') resolve(lastOf(told));
      else reject(new Error(`the writer ended by itself after ${lastOf(told)}`));
    });
  });
}

/** The last whole line; the one behind it may have been cut by the kill. */
function lastOf(told: string): number {
  const lines = told.split('\n');
  return Number(lines.at(-2) ?? 0);
}

test('what a process had acknowledged when it was killed is there, time and again', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'quorate-killed-'));
  try {
    let last = 0;
    for (let life = 0; life < 4; life += 1) {
      const acknowledged = await runAndKill(directory, last + 1, last + 3000);
      const { wal, groups, report } = await openLog({
        disk: realDisk(),
        clock: realClock(),
        directory,
        identity: new Uint8Array(16).fill(7),
        create: false,
        segmentBytes: 256 * 1024,
      });
      await wal.close();
      assert.deepEqual(report.damages, []);
      const group = groups.get(1) ?? assert.fail('the group is gone');
      last = group.base.index + group.entries.length;
      assert.ok(last >= acknowledged, `${last} recovered, ${acknowledged} acknowledged`);
      assert.deepEqual(shown(group.entries), shown(entries(group.base.index + 1, last, 1, 120)));
      assert.ok(group.hardState.commit >= acknowledged - 7);
    }
    const names = await readdir(directory);
    assert.ok(names.length <= 6, names.join(' '));
  } finally {
    await rm(directory, { recursive: true });
  }
});
