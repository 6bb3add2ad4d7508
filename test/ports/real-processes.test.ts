/** Programs of the machine: how they end, what is kept of what they write, and that nothing of them is left. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ProcessRequest } from '../../src/ports/index.ts';
import { realProcesses } from '../../src/ports/real/index.ts';
import { failsWith } from './expectations.ts';

const processes = realProcesses();
const never = new AbortController().signal;

function node(source: string, more: Partial<ProcessRequest> = {}): ProcessRequest {
  return { program: process.execPath, words: ['-e', source], outputBytesMax: 1000, signal: never, ...more };
}

function shell(source: string, more: Partial<ProcessRequest> = {}): ProcessRequest {
  return { program: 'sh', words: ['-c', source], outputBytesMax: 1000, signal: never, ...more };
}

test('exit code, output and signal of a program are told', async () => {
  const well = await processes.run(shell('echo out; echo err >&2; exit 3'));
  assert.equal(well.exitCode, 3);
  assert.equal(well.killedBy, undefined);
  assert.deepEqual(new TextDecoder().decode(well.output).split('\n').sort(), ['', 'err', 'out']);
  assert.equal(well.isCut, false);
  const killed = await processes.run(shell('kill -TERM $$'));
  assert.equal(killed.exitCode, undefined);
  assert.equal(killed.killedBy, 'SIGTERM');
});

test('where it runs and what it finds in its environment', async () => {
  const request = shell('pwd; echo $QUORATE_TEST', { directory: '/', environment: { QUORATE_TEST: 'a b' } });
  const { output } = await processes.run(request);
  assert.equal(new TextDecoder().decode(output), '/\na b\n');
});

test('no shell reads the words', async () => {
  const words = ['-e', 'process.stdout.write(process.argv[1])', '$(echo x); *'];
  const { output } = await processes.run({ ...node(''), words });
  assert.equal(new TextDecoder().decode(output), '$(echo x); *');
});

test('more output than is kept neither grows nor blocks', async () => {
  const end = await processes.run(
    node("process.stdout.write('x'.repeat(3_000_000))", { outputBytesMax: 10 }),
  );
  assert.equal(end.exitCode, 0);
  assert.equal(new TextDecoder().decode(end.output), 'xxxxxxxxxx');
  assert.equal(end.isCut, true);
});

test('a program that is not there is refused', async () => {
  const error = await failsWith(
    'invalid-option',
    processes.run({ ...shell(''), program: 'no-such-program' }),
  );
  assert.match(error.message, /program is "no-such-program".*no such program in PATH \(ENOENT\)/);
  await failsWith('invalid-option', processes.run({ ...shell(''), words: ['a\0b'] }));
});

test('why a program cannot be started is told: the system has one number for several mistakes', async () => {
  const place = mkdtempSync(join(tmpdir(), 'processes-'));
  const script = join(place, 'script');
  writeFileSync(script, '#!/no/such/interpreter\n', { mode: 0o755 });
  const plain = join(place, 'plain');
  writeFileSync(plain, 'true\n', { mode: 0o644 });
  for (const [request, says] of [
    [{ program: 'true', directory: '/no/such/place' }, /directory is "\/no\/such\/place".*no such directory/],
    [{ program: 'true', directory: plain }, /directory is ".*plain".*no such directory/],
    [{ program: `${place}/none` }, /program is ".*none".*no such file/],
    [{ program: './none', directory: place }, /program is ".\/none".*no such file/],
    [{ program: './script', directory: place }, /program is ".\/script".*the interpreter/],
    [{ program: plain }, /may be executed \(EACCES\)/],
    [{ program: `${plain}/none` }, /no directory \(ENOTDIR\)/],
    [{ program: '' }, /program is "".*empty/],
  ] as const) {
    const error = await failsWith('invalid-option', processes.run({ ...shell(''), words: [], ...request }));
    assert.match(error.message, says);
  }
  rmSync(place, { recursive: true });
});

/** A program that starts another, which holds a connection to `port` for as long as it lives. */
function parentOf(port: number): string {
  const child = `require('node:net').connect(${port}, '127.0.0.1').write('here')`;
  return `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { stdio: 'inherit' })`;
}

test('a program that is given up is killed with what it has started', { timeout: 30_000 }, async () => {
  await using server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const controller = new AbortController();
  const run = processes.run(node(parentOf(port), { signal: controller.signal }));
  const [grandchild] = (await once(server, 'connection')) as [Socket];
  grandchild.on('error', () => undefined);
  await once(grandchild, 'data');
  const gone = once(grandchild, 'close');
  controller.abort(new Error('too late'));
  await assert.rejects(run, /too late/);
  await gone;
});

test('what a program leaves running when it ends is not left', { timeout: 30_000 }, async () => {
  // Without that the pipe stays open, and the promise with it.
  const { exitCode, output } = await processes.run(shell('sleep 1000 & echo done'));
  assert.equal(exitCode, 0);
  assert.equal(new TextDecoder().decode(output), 'done\n');
});

test('what was given up before it began does not begin', async () => {
  const reason = new Error('no more');
  await assert.rejects(processes.run(shell('true', { signal: AbortSignal.abort(reason) })), reason);
});
