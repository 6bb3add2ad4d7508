/** Looking at who gossips, from the command line and at a node's door: what is shown, what changes, what is wrong. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { joinMembership, type Membership } from '../../src/membership/index.ts';
import { askDoor } from './asking.ts';
import { freePorts, Running, runHere } from './command.ts';

let directory = '';
let node: Running;
let worker: Membership;
/** By way of the node that serves, and by way of those who gossip alone. */
let beside: readonly string[] = [];
let among: readonly string[] = [];
let door = 0;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'quorate-gossip-verb-'));
  const keyFile = join(directory, 'gossip.keys');
  const key = (await runHere(['gossip', 'key'])).stdout;
  await writeFile(keyFile, key);
  const [port, gossipPort] = [await freePorts(), await freePorts()];
  door = await freePorts();
  const endpoint = `127.0.0.1:${port}`;
  const gossip = `127.0.0.1:${gossipPort}`;
  const keys = ['--gossip-keys', keyFile];
  const places = ['--listen', endpoint, '--http', `127.0.0.1:${door}`, '--gossip', gossip];
  node = new Running('serve', '--name', 'a', '--data', `${directory}/a`, '--bootstrap', ...places, ...keys);
  await node.until(() => node.stdout.length > 0);
  const status = JSON.parse((await runHere(['status', '--json', '--endpoints', endpoint])).stdout);
  const { cluster } = status as { cluster: string };
  const place = { listen: '127.0.0.1:0', seeds: [gossip], metadata: { zone: 'east', load: 0.25 } };
  worker = await joinMembership({ id: 'worker', cluster, keys: [key.trim()], ...place });
  await worker.until((members) => members.length === 2);
  beside = ['--endpoints', endpoint, '--port', String(gossipPort), ...keys, '--timeout', '60s'];
  among = ['--seeds', worker.address, '--cluster', cluster, ...keys, '--timeout', '60s'];
});

after(async () => {
  await worker.close();
  await node.end('SIGTERM');
  await rm(directory, { recursive: true, force: true });
});

interface Said {
  readonly id: string;
  readonly status: string;
  readonly zone: string | null;
  readonly load: number | null;
  readonly capabilities: readonly string[];
}

test('who gossips is listed, for people and for programs, by way of the cluster or of any who gossips', async () => {
  for (const way of [beside, among]) {
    const { code, stdout, stderr } = await runHere(['gossip', 'list', '--json', ...way]);
    assert.equal(code, 0, stderr);
    const told = stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Said]));
    // Who looked before may still be known, as one that has left.
    const doing = told.filter(({ capabilities }) => !capabilities.includes('observer'));
    assert.deepEqual(
      doing.map(({ id, zone, capabilities }) => [id, zone, capabilities]),
      [
        ['a', null, ['voter']],
        ['worker', 'east', []],
      ],
    );
    // On a machine that is busy somebody may just be doubted.
    for (const { status } of doing) assert.match(status, /^(HEALTHY|SUSPECT)$/);
    assert.equal(doing[1]?.load, 0.25);
  }
  const { stdout } = await runHere(['gossip', ...among]);
  assert.match(stdout, /^id +status +address +zone +version +load +capabilities$/m);
  assert.match(stdout, /^worker +(HEALTHY|SUSPECT) +127\.0\.0\.1:\d+ +east +- +0\.25 +-$/m);
});

test('changes are told as they come, by one that says goodbye in the end', async () => {
  const watch = new Running('gossip', 'watch', '--id', 'watcher', ...among);
  const says = (form: RegExp): boolean => watch.stdout.some((line) => form.test(line));
  await watch.until(() => says(/^there\ta\t[A-Z]+\t/) && says(/^there\tworker\t[A-Z]+\t/));
  worker.setMetadata({ zone: 'west' });
  await watch.until(() => says(/^updated\tworker\t[A-Z]+\t.*\twest\t/));
  assert.equal(await watch.end('SIGTERM'), 0);
  assert(!watch.stdout.some((line) => line.includes('watcher')), 'it does not tell of itself');
  await worker.until(() => worker.member('watcher')?.status === 'LEFT');

  const limited = await runHere(['gossip', 'watch', '--limit', '1', '--json', ...among]);
  assert.equal(limited.code, 0, limited.stderr);
  assert.match(limited.stdout, /^\{"change":"there","id":"a","status":.*\}\n$/);
});

test('a node tells at its door whom it sees, those who have left among them', async () => {
  let said = { id: '', members: [] as readonly Said[] };
  while (said.members.find(({ id }) => id === 'watcher')?.status !== 'LEFT')
    said = JSON.parse((await askDoor(door, '/gossip')).body);
  assert.equal(said.id, 'a');
  assert.equal(said.members.find(({ id }) => id === 'worker')?.zone, 'west');
});

test('a key is a fresh one each time', async () => {
  const [one, other] = [await runHere(['gossip', 'key']), await runHere(['gossip', 'key', '--json'])];
  assert.match(one.stdout, /^[A-Za-z0-9+/]{43}=\n$/);
  assert.notEqual((JSON.parse(other.stdout) as { key: string }).key, one.stdout.trim());
});

test('nobody there, nobody who answers, and wrong use are told apart', async () => {
  const foreign = join(directory, 'foreign.keys');
  await writeFile(foreign, (await runHere(['gossip', 'key'])).stdout);
  const strange = [
    '--seeds',
    worker.address,
    '--cluster',
    'c',
    '--gossip-keys',
    foreign,
    '--timeout',
    '500ms',
  ];
  const rows: readonly (readonly [words: readonly string[], code: number, says: RegExp])[] = [
    [
      ['list', ...strange],
      124,
      /deadline-exceeded: nobody of 127\.0\.0\.1:\d+ has answered within 500 ms: look/,
    ],
    [
      ['list', '--seeds', '127.0.0.1:1', '--cluster', 'c', '--gossip-keys', 'none'],
      1,
      /network-failed: connect 127\.0\.0\.1:1/,
    ],
    [
      ['list', '--endpoints', '127.0.0.1:1', '--gossip-keys', 'none', '--timeout', '500ms'],
      1,
      /nobody listens/,
    ],
    [['list', '--seeds', '127.0.0.1:1', '--port', '2', '--gossip-keys', 'none'], 2, /--seeds have ports/],
    [['list'], 2, /needs --gossip-keys/],
    [['list', 'orders'], 2, /list takes no further words, but got orders/],
    [['shout'], 2, /there is no "shout"; write list, watch or key/],
  ];
  for (const [words, code, says] of rows) {
    const ended = await runHere(['gossip', ...words]);
    assert.equal(ended.code, code, `${words.join(' ')}: ${ended.stderr}`);
    assert.match(ended.stderr, says);
  }
});
