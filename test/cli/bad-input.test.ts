/** What goes wrong around a node, as the person at the terminal hears of it: the cause, the remedy, the exit code. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { freePorts, quorate, Running, runHere } from './command.ts';

let directory = '';
let node: Running;
let endpoint = '';
let operators = '';

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'quorate-bad-'));
  endpoint = `127.0.0.1:${await freePorts()}`;
  operators = `127.0.0.1:${await freePorts()}`;
  node = new Running(...serveWords(join(directory, 'node'), endpoint), '--http', operators);
  await node.until(() => node.stdout.length > 0);
});

after(async () => {
  await node.end('SIGTERM');
  await rm(directory, { recursive: true, force: true });
});

function serveWords(data: string, listen: string): string[] {
  return ['serve', '--data', data, '--listen', listen, '--bootstrap'];
}

/** A second node in the way of the first: says why not, and leaves the first alone. */
async function refused(data: string, listen: string, ...more: string[]): Promise<string> {
  const { code, stdout, stderr } = await quorate(...serveWords(data, listen), ...more);
  assert.equal(code, 1);
  assert.equal(stdout, '');
  const answer = await runHere(['put', 'still', 'there', '--endpoints', endpoint, '--timeout', '60s']);
  assert.equal(answer.code, 0, 'others do not notice');
  return stderr;
}

test('a port in use is named, be it for clients or for operators', async () => {
  const taken = /^quorate serve: in-use: listen on 127\.0\.0\.1:\d+: another socket has this port; stop/m;
  assert.match(await refused(join(directory, 'second'), endpoint), taken);
  assert.match(await refused(join(directory, 'second'), '127.0.0.1:0', '--http', operators), taken);
});

test('a data directory in use is named, and who holds it', async () => {
  const said = await refused(join(directory, 'node'), '127.0.0.1:0');
  assert.match(said, new RegExp(`^quorate serve: in-use: .*${node.child.pid}.*`, 'm'));
});

test('a directory that nobody prepared says how to begin', async () => {
  const data = join(directory, 'none');
  const { code, stderr } = await quorate('serve', '--data', data, '--listen', '127.0.0.1:0');
  assert.equal(code, 1);
  assert.match(stderr, /^quorate serve: not-found: .*none is not a data directory yet: prepare it/m);
});

test('values, keys and transactions over their limits are refused with the limit', async () => {
  const at = ['--endpoints', endpoint, '--timeout', '60s'];
  const steps = Array.from({ length: 129 }, (_, place) => `put k${place} v`).join('; ');
  const rows: readonly (readonly [words: string[], input: Uint8Array, message: RegExp])[] = [
    [['put', 'big', '-'], new Uint8Array(2 << 20), /^quorate put: value-too-large: .*1048576/],
    [['put', 'huge', '-'], new Uint8Array(20 << 20), /^quorate put: (command-too-large|too-large): .*\d+/],
    [['put', 'k'.repeat(1_025), 'v'], new Uint8Array(0), /^quorate put: key-too-large: .*1024/],
    [['txn', `then ${steps}`], new Uint8Array(0), /^quorate txn: transaction-too-large: .*128/],
  ];
  for (const [words, input, message] of rows) {
    const { code, stderr } = await runHere([...words, ...at], input);
    assert.equal(code, 1, stderr);
    assert.match(stderr, message);
  }
});

test('nobody there, or somebody else, is told within the timeout, with the cause', async () => {
  const stranger = createServer((socket: Socket) => {
    // Whatever it is, it speaks another language.
    socket.on('error', () => undefined).on('data', () => socket.write(randomBytes(64)));
  }).listen(0, '127.0.0.1');
  const silent = createServer((socket: Socket) => {
    socket.on('error', () => undefined).resume();
  }).listen(0, '127.0.0.1');
  await Promise.all([once(stranger, 'listening'), once(silent, 'listening')]);
  const portOf = (server: typeof stranger): number => (server.address() as { port: number }).port;
  const rows: readonly (readonly [place: string, code: readonly number[], message: RegExp])[] = [
    [
      '127.0.0.1:1',
      [124],
      /deadline-exceeded: .*nobody listens there; start the server or check host and port/,
    ],
    [`127.0.0.1:${portOf(silent)}`, [124], /deadline-exceeded: no answer within 500 ms/],
    [`127.0.0.1:${portOf(stranger)}`, [1, 3, 124], /frame|protocol|no answer/],
    ['no-such-host.invalid:7701', [124], /deadline-exceeded: .*no-such-host\.invalid/],
  ];
  try {
    for (const [place, codes, message] of rows) {
      for (const words of [
        ['get', 'a'],
        ['put', 'a', 'b'],
        ['watch', 'a'],
      ]) {
        const { code, stderr } = await runHere([...words, '--endpoints', place, '--timeout', '500ms']);
        assert(codes.includes(code), `${words.join(' ')} at ${place}: ${code} ${stderr}`);
        if (words[0] !== 'watch') assert.match(stderr, message);
      }
    }
  } finally {
    stranger.close();
    silent.close();
  }
});

test('words of serve that are wrong are refused before there is a data directory', async () => {
  const data = join(directory, 'never');
  const rows: readonly (readonly [words: readonly string[], says: RegExp])[] = [
    [['--history', 'long'], /--history is "long"/],
    [['--advertise', '10.0.0.1:0'], /address is "10\.0\.0\.1:0"/],
    [['--name', 'two words'], /name is "two words"/],
  ];
  for (const [words, says] of rows) {
    const { code, stderr } = await runHere([...serveWords(data, '127.0.0.1:0'), ...words]);
    assert.notEqual(code, 0);
    assert.match(stderr, says);
    assert.equal(existsSync(data), false, says.source);
  }
});
