/** `quorate lock`, `elect`, `semaphore` and their child: who runs when, what the child is told, and what becomes of it. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { exitCodes } from '../../src/cli/verb.ts';
import { connect } from '../../src/client/index.ts';
import { openQuorate } from '../../src/engines/quorate/index.ts';
import { coordinate } from '../../src/recipes/index.ts';
import { type Ended, Running, runHere, ServedCluster } from './command.ts';

let cluster: ServedCluster;
const directory = mkdtempSync(join(tmpdir(), 'lock-'));

before(async () => {
  cluster = await ServedCluster.start(1);
});

after(async () => {
  await cluster[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

function lock(...words: string[]): Promise<Ended> {
  return holding('lock', ...words);
}

function holding(verb: string, name = '', ...rest: string[]): Promise<Ended> {
  return runHere([verb, name, '--endpoints', cluster.endpoints, '--timeout', '60s', ...rest]);
}

/** A child that runs this program. */
function child(program: string): string[] {
  return ['--', process.execPath, '--eval', program];
}

test('the commands of one lock run one after the other, each with a larger token', async () => {
  const file = join(directory, 'order.txt');
  const program = `
    const { appendFileSync } = require('node:fs');
    const write = (word) => appendFileSync(${JSON.stringify(file)}, word + ' ' + process.env.QUORATE_TOKEN + '\\n');
    write('begins');
    setTimeout(() => write('ends'), 50);
  `;
  const ends = await Promise.all([1, 2, 3].map(() => lock('order', ...child(program))));
  assert.deepEqual(
    ends.map(({ code }) => code),
    [0, 0, 0],
  );
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  assert.deepEqual(
    lines.map((line) => line.split(' ')[0]),
    ['begins', 'ends', 'begins', 'ends', 'begins', 'ends'],
  );
  const tokens = lines.map((line) => Number(line.split(' ')[1]));
  assert.ok(
    tokens.every((token, at) => (at % 2 === 1 ? token === tokens[at - 1] : token > (tokens[at - 1] ?? 0))),
  );
});

test('the exit code is that of the command, or tells why it did not run', async () => {
  assert.equal((await lock('codes', ...child('process.exit(7)'))).code, 7);
  assert.equal((await lock('codes', ...child('process.kill(process.pid, "SIGTERM")'))).code, 128 + 15);
  const missing = await lock('codes', '--', 'no-such-program-anywhere');
  assert.deepEqual([missing.code, /could not be run/.test(missing.stderr)], [1, true]);
  const none = await lock('codes');
  assert.deepEqual([none.code, /there is no command to run/.test(none.stderr)], [2, true]);
  const slash = await lock('a/b', ...child(''));
  assert.deepEqual([slash.code, /invalid-option/.test(slash.stderr)], [1, true]);
});

test('who does not want to wait is told who holds it', async () => {
  const held = lock('busy', ...child('setTimeout(() => undefined, 3000)'));
  const store = await connect(`quorate://${cluster.endpoints}`);
  while ((await store.count({ prefix: 'quorate/locks/busy/' })) === 0);
  const refused = await lock('busy', '--wait', '0', ...child(''));
  assert.deepEqual([refused.code, /not-granted: .*busy.*process \d+/.test(refused.stderr)], [124, true]);
  await store.delete({ prefix: 'quorate/locks/busy/' });
  await store.close();
  assert.equal((await held).code, 0);
});

test('one of many leads, and says who it is', async () => {
  const leads = holding('elect', 'leads', '--value', 'me', ...child('setTimeout(() => undefined, 1000)'));
  const store = await connect(`quorate://${cluster.endpoints}`);
  const coordination = coordinate(await openQuorate(store));
  const election = coordination.election('leads');
  while ((await election.leader()) === undefined);
  assert.equal((await election.leader())?.text, 'me');
  await coordination.close();
  await store.close();
  assert.equal((await leads).code, 0);
});

test('as many run at once as there are permits, and who names another number is refused', async () => {
  const file = join(directory, 'permits.txt');
  const program = `
    const { appendFileSync } = require('node:fs');
    const write = (word) => appendFileSync(${JSON.stringify(file)}, word + '\\n');
    write('begins');
    setTimeout(() => write('ends'), 500);
  `;
  const run = (permits: string): Promise<Ended> =>
    holding('semaphore', 'permits', '--permits', permits, ...child(program));
  const ends = await Promise.all([run('2'), run('2'), run('2'), run('2')]);
  assert.deepEqual(
    ends.map(({ code }) => code),
    [0, 0, 0, 0],
  );
  let most = 0;
  let now = 0;
  for (const word of readFileSync(file, 'utf8').trimEnd().split('\n')) {
    now += word === 'begins' ? 1 : -1;
    most = Math.max(most, now);
  }
  assert.equal(most, 2);
  const none = await holding('semaphore', 'permits', ...child(''));
  assert.deepEqual([none.code, /--permits is missing/.test(none.stderr)], [2, true]);
});

/** What ends by itself in the end, tells when it runs and when it was asked to end, and does not end for that. */
const stubborn = `
  process.on('SIGTERM', () => console.log('asked'));
  setTimeout(() => undefined, 20_000);
  console.log('runs');
`;

test('who asks twice ends a command that does not want to end', async () => {
  const running = new Running('lock', 'stubborn', '--endpoints', cluster.endpoints, ...child(stubborn));
  await running.until(() => running.stdout.includes('runs'));
  running.child.kill('SIGINT');
  await running.until(() => running.stdout.includes('asked'));
  assert.equal(await running.end('SIGINT'), 128 + 9);
});

test('a terminal that is closed takes the command along', async () => {
  const program = `process.on('SIGTERM', () => process.exit(5)); ${stubborn}`;
  const running = new Running('lock', 'closed', '--endpoints', cluster.endpoints, ...child(program));
  await running.until(() => running.stdout.includes('runs'));
  assert.equal(await running.end('SIGHUP'), 5);
});

test('whoever is told to end while he waits leaves no place behind in the line, however he is told', async () => {
  await using store = await connect(`quorate://${cluster.endpoints}`);
  const places = { prefix: 'quorate/locks/line/' };
  await using coordination = coordinate(await openQuorate(store));
  await using _held = await coordination.lock('line').acquire();
  const one = await store.count(places);
  for (const ending of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    const waiting = new Running(
      'lock',
      'line',
      '--endpoints',
      cluster.endpoints,
      '--ttl',
      '1h',
      ...child(''),
    );
    while ((await store.count(places)) === one);
    assert.equal(await waiting.end(ending), exitCodes.unknown, ending);
    assert.match(waiting.stderr.join('\n'), /interrupted/, ending);
    assert.equal(await store.count(places), one, ending);
  }
});
