/** A real process that gets a real signal: nothing that was under way is lost, and it ends by itself. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('./draining-program.ts', import.meta.url));

test('asked to stop, a process serves what is under way, deregisters, and ends', {
  timeout: 60_000,
}, async () => {
  const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  const said: string[] = [];
  const lines = createInterface({ input: child.stdout });
  const ended = once(lines, 'close');
  const until = async (what: RegExp): Promise<string> => {
    while (true) {
      const line = said.find((one) => what.test(one));
      if (line !== undefined) return line;
      await once(lines, 'line');
    }
  };
  lines.on('line', (line) => said.push(line));
  try {
    const port = (await until(/^port/)).split(' ')[1];
    const held = fetch(`http://127.0.0.1:${port}/held`);
    await until(/^holding/);
    child.kill('SIGTERM');
    await until(/^draining/);
    const late = await fetch(`http://127.0.0.1:${port}/`);
    assert.equal(await late.text(), 'served');
    assert.equal(await (await held).text(), 'served to the end');
    const [code] = (await exit) as [number | null];
    assert.equal(code, 0);
    await ended;
    assert.deepEqual(said.slice(1), [
      'holding',
      'draining',
      'closed',
      'server',
      'report SIGTERM 0 done done done done done',
    ]);
  } finally {
    child.kill('SIGKILL');
  }
});
