/**
 * A real process that holds a lock is stopped for longer than its time to live, and goes on when another has the lock:
 * what it asks first tells it that its turn is over, and what it writes is refused.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import type { AnyEngine } from '../../src/engines/conformance/index.ts';
import { provides } from '../../src/engines/port/index.ts';
import { coordinate } from '../../src/recipes/index.ts';

export interface StoppedHolder {
  readonly url: string;
  /** Of who takes over. */
  readonly open: () => Promise<unknown>;
}

const program = join(import.meta.dirname, 'holder-program.ts');
const ttlMs = 3_000;

export function outlivesStop(name: string, { url, open }: StoppedHolder): void {
  test(`${name}: a holder that was stopped past its time knows it before anything else, and writes nothing`, async () => {
    const engine = (await open()) as AnyEngine;
    const coordination = coordinate(engine);
    const lock = `stopped-${process.pid}`;
    const directory = mkdtempSync(join(tmpdir(), 'quorate-stopped-'));
    const sign = join(directory, 'go-on');
    const child = spawn(process.execPath, [program, url, lock, String(ttlMs), sign], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const lines = linesOf(child);
      const { token } = await next<{ token: number }>(lines);
      child.kill('SIGSTOP');
      const following = await coordination.lock(lock).acquire();
      assert.ok(following.token > token, `${following.token} is behind ${token}`);
      const key = `guarded/${lock}`;
      const isGuarded = provides(engine.provides, 'fencing');
      const put = { kind: 'put', key, value: new TextEncoder().encode('second') } as const;
      await engine.transact({ fences: isGuarded ? [following.fence] : [], operations: [put] });
      writeFileSync(sign, '');
      child.kill('SIGCONT');
      assert.deepEqual(await next(lines), {
        assertion: 'not-held',
        isHeld: false,
        remainingMs: 0,
        isAborted: true,
        heardBefore: 1,
        // An engine that cannot check a token takes none, rather than a write that nobody guards.
        write: isGuarded ? 'fenced' : 'capability-missing',
      });
      following.assertHeld();
      assert.equal(new TextDecoder().decode((await engine.get(key))?.value), 'second');
    } finally {
      child.kill('SIGKILL');
      rmSync(directory, { recursive: true, force: true });
      await coordination.close();
      await engine.close();
    }
  });
}

function linesOf({ stdout }: ChildProcess): AsyncIterator<string> {
  assert.ok(stdout !== null);
  return createInterface({ input: stdout })[Symbol.asyncIterator]();
}

async function next<T>(lines: AsyncIterator<string>): Promise<T> {
  const { done, value } = await lines.next();
  assert.ok(done !== true, 'the holder says something more');
  return JSON.parse(value) as T;
}
