/**
 * Nodes that gossip beside consensus, each a process, and a program without a vote that finds everybody by way of
 * them: who is there, who was killed, who left.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { joinMembership, type Membership, seedsBeside } from '../../src/membership/index.ts';
import { askDoor } from './asking.ts';
import { freePorts, Running, runHere } from './command.ts';

let directory = '';
let keyFile = '';
const key: string = randomBytes(32).toString('base64');

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'quorate-gossip-'));
  keyFile = join(directory, 'gossip.keys');
  await writeFile(keyFile, `${key}\n`);
});

after(async () => {
  await rm(directory, { recursive: true, force: true });
});

/** A machine is a host of its own here, so that all gossip on one port, as they would elsewhere. */
async function serve(name: string, host: string, ...more: string[]): Promise<Running> {
  const words = ['serve', '--name', name, '--data', join(directory, name), '--gossip-keys', keyFile];
  const node = new Running(...words, '--listen', `${host}:${listenPort}`, ...more);
  await node.until(() => node.stdout.some((line) => line.startsWith('serving ')));
  return node;
}

let listenPort = 0;

function sees(program: Membership, beliefs: string): Promise<unknown> {
  return program.until(
    (members) => members.map(({ id, status }) => `${id} ${status}`).join(', ') === beliefs,
  );
}

async function untilCounted(port: number, status: string, count: number): Promise<void> {
  const line = `quorate_gossip_members{status="${status}"} ${count}\n`;
  while (!(await askDoor(port, '/metrics')).body.includes(line));
}

test('nodes find each other by their cluster, a program by them, and all see who is killed and who leaves', async () => {
  listenPort = await freePorts();
  const [gossipPort, door] = [await freePorts(), await freePorts()];
  const gossips = (host: string): string[] => ['--gossip', `${host}:${gossipPort}`];
  const hosts = ['127.0.0.1', '127.0.0.2', '127.0.0.3'] as const;
  const first = `${hosts[0]}:${listenPort}`;
  await using running = new AsyncDisposableStack();
  const started = async (node: Promise<Running>): Promise<Running> =>
    running.adopt(await node, async (one) => void (await one.end('SIGKILL')));
  const more = ['--http', `127.0.0.1:${door}`, '--zone', 'east', '--region', 'here'];
  const a = await started(serve('a', hosts[0], '--bootstrap', ...gossips(hosts[0]), ...more));
  const b = await started(serve('b', hosts[1], '--join', first, ...gossips(hosts[1])));
  const c = await started(serve('c', hosts[2], '--join', first, '--learner', ...gossips(hosts[2])));
  await untilCounted(door, 'HEALTHY', 3);

  const status = await runHere(['status', '--json', '--endpoints', first, '--timeout', '60s']);
  const { cluster } = JSON.parse(status.stdout) as { cluster: string };
  await using worker = await joinMembership({
    id: 'worker',
    cluster,
    keys: [key],
    listen: '127.0.0.1:0',
    seeds: seedsBeside(hosts.map((host) => `${host}:${listenPort}`).join(','), gossipPort),
  });
  await sees(worker, 'a HEALTHY, b HEALTHY, c HEALTHY, worker HEALTHY');
  await untilCounted(door, 'HEALTHY', 4);
  const said = worker.member('a')?.metadata;
  assert.deepEqual([said?.zone, said?.region, said?.capabilities], ['east', 'here', ['voter']]);
  assert.match(String(said?.version), /^\d+\.\d+\.\d+/);
  assert.deepEqual(worker.member('c')?.metadata.capabilities, ['learner']);

  await c.end('SIGKILL');
  await sees(worker, 'a HEALTHY, b HEALTHY, c UNHEALTHY, worker HEALTHY');
  await untilCounted(door, 'UNHEALTHY', 1);
  assert.equal(await b.end('SIGTERM'), 0);
  await sees(worker, 'a HEALTHY, b LEFT, c UNHEALTHY, worker HEALTHY');

  const next = randomBytes(32).toString('base64');
  await writeFile(keyFile, `${key}\n${next}\n`);
  a.child.kill('SIGHUP');
  await a.until(() => a.stderr.some((line) => line.includes('gossip keys renewed')));
  worker.setKeys([next, key]);
  await using late = await joinMembership({
    ...{ id: 'late', cluster, keys: [next, key], listen: '127.0.0.1:0' },
    seeds: [`${hosts[0]}:${gossipPort}`],
  });
  await late.until((members) => members.map(({ id }) => id).join() === 'a,late,worker');
});

test('gossip that is told by halves is wrong use, before anything is started', async () => {
  const bad = join(directory, 'bad.keys');
  await writeFile(bad, `${key}\n\nsecret\n`);
  const empty = join(directory, 'empty.keys');
  await writeFile(empty, '\n');
  const twice = join(directory, 'twice.keys');
  await writeFile(twice, `${key}\n${key}\n`);
  const many = join(directory, 'many.keys');
  await writeFile(many, Array.from({ length: 17 }, () => randomBytes(32).toString('base64')).join('\n'));
  const at = ['--gossip', '127.0.0.1:7946'];
  const plain = [...at, '--gossip-keys', 'none'];
  const rows: readonly (readonly [words: readonly string[], says: RegExp])[] = [
    [at, /needs --gossip-keys with a file of keys, or 'none'/],
    [[...at, '--gossip-keys', bad], /key 2 of .*bad\.keys is none: write 32 bytes as base64$/m],
    [[...at, '--gossip-keys', empty], /empty\.keys holds no key/],
    [[...at, '--gossip-keys', twice], /key 2 of .*twice\.keys is there before/],
    [[...at, '--gossip-keys', many], /keys is "17 keys", but must be 'none', or a list of 1 to 16 keys/],
    [[...plain, '--gossip-seeds', '127.0.0.1:0'], /seeds\[0\]\.port is 0/],
    [[...plain, '--advertise', '0.0.0.0:7701'], /0\.0\.0\.0 is none/],
    [[...plain, '--zone', 'z'.repeat(600)], /metadata is "\d+ bytes", but must be at most 512 bytes/],
  ];
  for (const [words, says] of rows) {
    const data = join(directory, 'never');
    const { code, stderr } = await runHere(['serve', '--data', data, '--listen', '127.0.0.1:0', ...words]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, says);
    assert.doesNotMatch(stderr, /secret/, 'a key is not shown');
  }
});
