/** The life of a served node, as its log and its door tell it: every state, the order of its parts, and every end. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { joinMembership } from '../../src/membership/index.ts';
import { askDoor, readinessWhen } from './asking.ts';
import { freePorts, Running, runHere, ServedCluster } from './command.ts';

let directory = '';

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'quorate-life-'));
});

after(async () => {
  await rm(directory, { recursive: true, force: true });
});

/** A node that tells everything of its life. */
function serve(data: string, ...more: string[]): Running {
  const words = ['serve', '--data', join(directory, data), '--listen', '127.0.0.1:0', '--name', data];
  return new Running(...words, '--log-level', 'debug', ...more);
}

interface LogLine {
  readonly msg: string;
  readonly to?: string;
  readonly component?: string;
}

/** The steps of its life that a node has told, in their order. */
function stepsOf({ stderr }: Running): string[] {
  return stderr
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as LogLine)
    .flatMap(({ msg, to, component }) => {
      if (msg === 'node changes its state') return [String(to)];
      return component === undefined ? [] : [msg.replace('component', component)];
    });
}

test('parts start in order and stop in reverse, and the node tells each of its states', async () => {
  const port = await freePorts();
  const node = serve('a', '--bootstrap', '--http', `127.0.0.1:${port}`);
  await node.until(() => node.stdout.some((line) => line.startsWith('serving ')));
  await readinessWhen(port, 'running');
  const { body } = await askDoor(port, '/metrics');
  assert.match(body, /^quorate_node_state\{state="running"\} 1$/m);
  assert.match(body, /^quorate_node_state\{state="joining"\} 0$/m);
  assert.equal(await node.end('SIGTERM'), 0);
  assert.deepEqual(stepsOf(node), [
    ...['starting', 'door started', 'node started', 'trouble watch started', 'joining', 'running'],
    ...['leaving', 'trouble watch stopped', 'node stopped', 'door stopped', 'stopped'],
  ]);
});

test('a part that does not start stops those before it, and the command says why', async () => {
  const port = await freePorts();
  const node = serve('nobody-prepared-it', '--http', `127.0.0.1:${port}`);
  assert.equal(await node.end(), 1);
  assert.deepEqual(stepsOf(node), ['starting', 'door started', 'failed', 'door stopped']);
  assert.match(node.stderr.at(-1) as string, /^quorate serve: not-found: /);
});

test('a port of gossip that is taken fails a node that was through with everything else', async () => {
  const taken = await joinMembership({ id: 'x', cluster: 'y', keys: 'none', listen: '127.0.0.1:0' });
  const node = serve('b', '--bootstrap', '--gossip', taken.address, '--gossip-keys', 'none');
  assert.equal(await node.end(), 1);
  await taken.close();
  assert.deepEqual(node.stdout, []);
  assert.deepEqual(stepsOf(node), [
    ...['starting', 'node started', 'trouble watch started', 'joining'],
    ...['failed', 'trouble watch stopped', 'node stopped'],
  ]);
  assert.match(node.stderr.at(-1) as string, /^quorate serve: in-use: /);
});

test('who waits to be taken in is not ready, and may be stopped; a member that is alone is degraded', async () => {
  const port = await freePorts();
  const operators = await freePorts();
  await using cluster = await ServedCluster.start(2, (place) => ['--http', `127.0.0.1:${operators + place}`]);
  await cluster.kill(1);
  const node = serve('late', '--join', cluster.endpoints, '--http', `127.0.0.1:${port}`);
  await node.until(() => stepsOf(node).includes('joining'));
  const { ready, reasons } = await readinessWhen(port, 'joining');
  assert.deepEqual([ready, reasons], [false, ['the node is joining: wait until it runs']]);
  assert.equal((await askDoor(port, '/healthz')).status, 200);
  assert.equal(await node.end('SIGTERM'), 0);
  assert.deepEqual(node.stdout, [], 'it never served');
  assert.deepEqual(stepsOf(node).slice(-2), ['door stopped', 'stopped']);

  assert.equal((await readinessWhen(operators, 'degraded')).ready, false);
  const [alone = ''] = cluster.endpoints.split(',');
  const stale = await runHere(['get', 'nothing', '--count', '--consistency', 'stale', '--endpoints', alone]);
  assert.equal(stale.stdout, '0\n', 'it serves what it can');
  await cluster.startNode(1);
  await readinessWhen(operators, 'running');
});
