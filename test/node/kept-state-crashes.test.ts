/** A program with its store in a directory, killed at any moment: nothing acknowledged is missing, nothing is there twice. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Prng } from '../../src/base/index.ts';
import { connect } from '../../src/client/index.ts';

const writer = new URL('./kept-state-writer.ts', import.meta.url).pathname;
const lives = 3;

/** Resolves to the numbers that were acknowledged before the writer was killed, behind `count` of them. */
async function runAndKill(directory: string, first: number, count: number): Promise<number[]> {
  const child = spawn(process.execPath, [writer, directory, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let told = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (text: string) => {
    told += text;
    if (told.split('\n').length > count) child.kill('SIGKILL');
  });
  const signal = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (_code, by) => resolve(by));
  });
  assert.equal(signal, 'SIGKILL', 'the writer ended by itself');
  return told.split('\n').slice(0, -1).map(Number);
}

test('10 32 · a program killed at any moment finds all that it was told is written, each once', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'quorate-killed-'));
  const prng = new Prng(7);
  const acknowledged = new Set<number>();
  try {
    for (let life = 0; life < lives; life += 1) {
      const first = 100_000 * (life + 1);
      // Below and above what is committed at once.
      for (const number of await runAndKill(directory, first, 20 + prng.below(300))) acknowledged.add(number);
      await using store = await connect(`file:${directory}`);
      // Strong: from here on the state holds what its log has.
      await store.get('k');
      const check = async (number: number): Promise<void> => {
        const entry = await store.get(`k${number}`, { consistency: 'stale' });
        assert.ok(entry !== undefined, `k${number} is gone in life ${life}`);
        assert.equal(Number.parseInt(entry.text, 10), number);
        assert.equal(entry.version, 1, `${entry.key} was applied ${entry.version} times`);
      };
      await Promise.all([...acknowledged].map(check));
    }
  } finally {
    await rm(directory, { recursive: true });
  }
});
