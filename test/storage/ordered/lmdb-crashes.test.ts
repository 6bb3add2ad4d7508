/** The store on disk under processes that are killed in the middle of their commits. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isQuorateError } from '../../../src/base/index.ts';
import { realDisk } from '../../../src/ports/real/index.ts';
import { openLmdbStore } from '../../../src/storage/index.ts';
import { differenceFrom } from './lmdb-script.ts';

const lives = 14;
const writer = new URL('./lmdb-writer.ts', import.meta.url).pathname;

interface Life {
  readonly directory: string;
  /** Killed when so many commits of this life have become durable ... */
  readonly commits: number;
  /** ... and so much work of this process later: the news comes at the beginning of a commit, always. */
  readonly spins?: number;
  /** Called while the process lives; it is not killed before this has ended. */
  readonly meanwhile?: () => Promise<void>;
}

/** Runs a writer, kills it, and resolves to the last commit that it told of. */
async function runAndKill({ directory, commits, spins = 0, meanwhile }: Life): Promise<number> {
  const child = spawn(process.execPath, [writer, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<NodeJS.Signals | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (_code, signal) => resolve(signal));
  });
  let told = '';
  let first: number | undefined;
  let visit: Promise<void> | undefined;
  let isVisited = false;
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (text: string) => {
    told += text;
    first ??= lastOf(told);
    if (first === undefined) return;
    visit ??= (meanwhile?.() ?? Promise.resolve()).finally(() => {
      isVisited = true;
    });
    if (child.killed || !isVisited || (lastOf(told) ?? 0) < first + commits) return;
    spin(spins);
    child.kill('SIGKILL');
  });
  assert.equal(await ended, 'SIGKILL', 'the writer ended by itself');
  await visit;
  return lastOf(told) ?? assert.fail('the writer said nothing');
}

let sum = 0;

/** Work without a clock: a moment that is another one for another number. */
function spin(turns: number): void {
  for (let turn = 0; turn < turns; turn += 1) sum = (sum * 31 + turn) | 0;
}

/** The last whole line; the one behind it may have been cut by the kill. */
function lastOf(told: string): number | undefined {
  const line = told.split('\n').at(-2);
  return line === undefined ? undefined : Number(line);
}

test('a killed process leaves exactly a commit, and none that had become durable is missing', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'quorate-killed-'));
  try {
    let beyond = 0;
    for (let life = 0; life < lives; life += 1) {
      const told = await runAndKill({ directory, commits: 5 + life, spins: life * 500_000 });
      const store = await openLmdbStore({ disk: realDisk(), directory });
      assert.ok(store.appliedIndex >= told, `${store.appliedIndex} found, ${told} told`);
      assert.equal(differenceFrom(store, store.appliedIndex), undefined);
      beyond += store.appliedIndex - told;
      await store.close();
    }
    // At most those two that were under way, each time.
    assert.ok(beyond <= 2 * lives, `${beyond} commits were durable and not told of`);
    assert.deepEqual(
      (await readdir(directory)).filter((name) => !name.startsWith('.lock')),
      ['state.mdb', 'state.mdb-lock'],
    );
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('a store that another process holds is refused', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'quorate-held-'));
  try {
    const meanwhile = (): Promise<void> =>
      assert.rejects(
        openLmdbStore({ disk: realDisk(), directory }),
        (error) => isQuorateError(error) && error.code === 'in-use',
      );
    await runAndKill({ directory, commits: 50, meanwhile });
  } finally {
    await rm(directory, { recursive: true });
  }
});
