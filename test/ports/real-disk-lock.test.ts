/** The lock of a directory between real processes, which die in all the ways that processes die. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { realDisk } from '../../src/ports/real/index.ts';
import { failsWith } from './expectations.ts';

const disk = realDisk();
const program = fileURLToPath(new URL('lock-holder.ts', import.meta.url));

class Starter implements AsyncDisposable {
  readonly process: ChildProcess;
  readonly answer: Promise<{ readonly held: boolean; readonly code?: string }>;
  stderr = '';
  readonly #exited: Promise<unknown>;

  constructor(directory: string) {
    this.process = spawn(process.execPath, [program, directory], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#exited = once(this.process, 'exit');
    this.process.stderr?.on('data', (bytes: Buffer) => {
      this.stderr += bytes.toString();
    });
    const { stdout } = this.process;
    assert.ok(stdout !== null);
    this.answer = once(createInterface(stdout), 'line').then(([line]) => JSON.parse(String(line)));
  }

  async die(signal: NodeJS.Signals): Promise<void> {
    this.process.kill(signal);
    await this.#exited;
  }

  /** Ends as a program does that forgot to release. */
  async leave(): Promise<void> {
    this.process.stdin?.end();
    await this.#exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) await this.die('SIGKILL');
  }
}

async function inDirectory(story: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'quorate-lock-'));
  try {
    await story(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

test('a directory that another process holds is refused by name until that process is killed', async () => {
  await inDirectory(async (directory) => {
    await using holder = new Starter(directory);
    assert.deepEqual(await holder.answer, { held: true });
    const refused = await failsWith('in-use', disk.lock(directory));
    assert.equal(refused.data.what, directory);
    assert.match(refused.data.holder, new RegExp(`^process ${holder.process.pid} on ${hostname()} since 20`));
    assert.match(refused.message, new RegExp(`held by process ${holder.process.pid}`));

    holder.process.kill('SIGSTOP');
    await failsWith('in-use', disk.lock(directory));

    await holder.die('SIGKILL');
    const lock = await disk.lock(directory);
    await lock.release();
    assert.equal(holder.stderr, '', 'no warning about SQLite reaches the operator');
  });
});

test('of processes that start together one gets the directory, and its plain exit frees it', async () => {
  await inDirectory(async (directory) => {
    await using first = new Starter(directory);
    await using second = new Starter(directory);
    await using third = new Starter(directory);
    const starters = [first, second, third];
    const answers = await Promise.all(starters.map((starter) => starter.answer));
    const winners = starters.filter((_, index) => answers[index]?.held);
    assert.equal(winners.length, 1);
    assert.equal(answers.filter((answer) => answer.code === 'in-use').length, 2);
    await winners[0]?.leave();
    const lock = await disk.lock(directory);
    await lock.release();
  });
});

test('a name left by a dead holder stops nobody, even when its number is a living process now', async () => {
  await inDirectory(async (directory) => {
    const stale = { pid: process.pid, host: hostname(), since: '2020-01-01T00:00:00.000Z' };
    await writeFile(join(directory, '.lock-holder'), JSON.stringify(stale));
    const lock = await disk.lock(directory);
    const refused = await failsWith('in-use', disk.lock(directory));
    assert.doesNotMatch(refused.data.holder, /2020/, 'the new holder has put its own name there');
    await lock.release();
  });
});

test('a lock without a readable name is held all the same', async () => {
  await inDirectory(async (directory) => {
    const lock = await disk.lock(directory);
    for (const text of ['', '{"pid":', '[]', 'null', '{"pid":"7","host":"h","since":"s"}']) {
      await writeFile(join(directory, '.lock-holder'), text);
      const refused = await failsWith('in-use', disk.lock(directory));
      assert.equal(refused.data.holder, 'another process');
    }
    await lock.release();
  });
});

test('a lock lives as long as its process, not as long as the handle that nobody kept', async () => {
  await inDirectory(async (directory) => {
    await disk.lock(directory);
    setFlagsFromString('--expose-gc');
    const collectGarbage: unknown = runInNewContext('gc');
    assert.ok(typeof collectGarbage === 'function');
    for (let round = 0; round < 3; round += 1) {
      collectGarbage();
      await new Promise(setImmediate);
    }
    await failsWith('in-use', disk.lock(directory));
  });
});

test('what is not a directory, or a damaged lock file, is explained', async () => {
  await inDirectory(async (directory) => {
    await writeFile(join(directory, 'file'), '');
    const notDirectory = await failsWith('disk-failed', disk.lock(join(directory, 'file')));
    assert.equal(notDirectory.data.system, 'ENOTDIR');
    await writeFile(join(directory, '.lock'), 'x'.repeat(2_000));
    const damaged = await failsWith('disk-failed', disk.lock(directory));
    assert.match(damaged.message, /file is not a database/);
  });
});

test('the lock writes nothing but its two small files', async () => {
  await inDirectory(async (directory) => {
    const lock = await disk.lock(directory);
    assert.deepEqual(
      (await readdir(directory)).sort((a, b) => a.localeCompare(b)),
      ['.lock', '.lock-holder'],
    );
    await lock.release();
    assert.deepEqual(await readdir(directory), ['.lock']);
  });
});
