/** Backups as people make and check them: of processes that serve, into files that are whole or not there. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { connect } from '../../src/client/index.ts';
import { putSurely } from '../client/put-surely.ts';
import { patterned } from '../ports/expectations.ts';
import { type Ended, freePorts, Running, runHere, ServedCluster } from './command.ts';

const directory = await mkdtemp(join(tmpdir(), 'quorate-backups-'));
after(() => rm(directory, { recursive: true }));

async function expectDone(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await runHere(words);
  assert.equal(code, 0, stderr);
  return stdout;
}

interface Told {
  readonly file: string;
  readonly cluster: string;
  readonly revision: number;
  readonly bytes: number;
  readonly digest: string;
  readonly keys?: number;
  readonly level?: number;
  readonly made?: string;
}

test('a cluster of processes is backed up while it serves; the file tells what is in it, to people and programs', async () => {
  await using cluster = await ServedCluster.start(3);
  await using store = await connect(`quorate://${cluster.endpoints}`, { timeout: '20s' });
  await Promise.all(
    Array.from({ length: 30 }, (_, count) => putSurely(store, `k${count}`, patterned(50_000, count))),
  );
  const file = join(directory, 'monday');
  const at = ['--endpoints', cluster.endpoints, '--timeout', '20s'];
  const told = JSON.parse(await expectDone('backup', file, '--json', ...at)) as Told;
  assert.equal(told.file, file);
  assert.ok(told.revision >= 30);
  assert.equal((await readFile(file)).length, told.bytes);
  const checked = JSON.parse(await expectDone('restore', file, '--check', '--json')) as Told;
  const { keys, level, made, ...rest } = checked;
  assert.deepEqual(rest, told);
  assert.deepEqual([keys, level, made?.slice(0, 2)], [30, 2, '20']);
  const lines = await expectDone('restore', file, '--check');
  assert.match(
    lines,
    new RegExp(`^cluster   ${told.cluster}\nrevision  ${told.revision}\nkeys      30\n`, 'm'),
  );

  const refused = await runHere(['backup', file, ...at]);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /already-exists: .*monday exists and is not overwritten/);
  assert.equal((await readFile(file)).length, told.bytes, 'it is as it was');
  await putSurely(store, 'one', 'more');
  assert.match(await expectDone('backup', file, '--force', ...at), /^digest {4}[0-9a-f]{64}$/m);
  assert.equal((JSON.parse(await expectDone('restore', file, '--check', '--json')) as Told).keys ?? 0, 31);
});

test('a program’s own store is backed up by its address', async () => {
  const home = `file:${join(directory, 'home')}`;
  await expectDone('put', 'k', 'v', '--endpoints', home);
  const file = join(directory, 'of-home');
  await expectDone('backup', file, '--endpoints', home);
  assert.equal((JSON.parse(await expectDone('restore', file, '--check', '--json')) as Told).keys, 1);
});

test('a file that was damaged, cut, or is something else is refused, with what is wrong', async () => {
  const file = join(directory, 'of-home');
  const whole = await readFile(file);
  const check = async (bytes: Uint8Array): Promise<Ended> => {
    const path = join(directory, 'damaged');
    await writeFile(path, bytes);
    return await runHere(['restore', path, '--check']);
  };
  const flipped = Uint8Array.from(whole);
  flipped[whole.length >> 1] = (whole[whole.length >> 1] as number) ^ 1;
  for (const bytes of [flipped, whole.subarray(0, -1), Buffer.from('something else, and longer')]) {
    const { code, stdout, stderr } = await check(bytes);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /backup-damaged: .*damaged is no whole backup: /);
  }
  const missing = await runHere(['restore', join(directory, 'nowhere'), '--check']);
  assert.match(missing.stderr, /not-found: /);
});

test('interrupted, or without anybody to answer, it leaves nothing', async () => {
  await using cluster = await ServedCluster.start(1);
  await using store = await connect(`quorate://${cluster.endpoints}`, { timeout: '20s' });
  const keys = Array.from({ length: 60 }, (_, count) =>
    putSurely(store, `k${count}`, patterned(900_000, count)),
  );
  await Promise.all(keys);
  const folder = await mkdtemp(join(directory, 'interrupted-'));
  const file = join(folder, 'never');
  const running = new Running('backup', file, '--endpoints', cluster.endpoints);
  while (!(await readdir(folder)).includes('never.part')) assert.equal(running.child.exitCode, null);
  const code = await running.end('SIGINT');
  assert.deepEqual([code, await readdir(folder)], [1, []], running.stderr.join('\n'));
  const nobody = await runHere(['backup', file, '--endpoints', '127.0.0.1:9', '--timeout', '300ms']);
  assert.deepEqual([nobody.code, await readdir(folder)], [124, []]);
});

test('a restore that is killed leaves a directory that nothing starts on, and the same command makes it whole', async () => {
  const file = join(directory, 'large');
  {
    await using store = await connect('memory:');
    await Promise.all(
      Array.from({ length: 180 }, (_, count) => putSurely(store, `k${count}`, patterned(300_000, count))),
    );
    await writeFile(file, await store.backup());
  }
  const data = join(directory, 'killed');
  const running = new Running('restore', file, '--data', data);
  const state = join(data, 'node/state-0/a');
  while (!(await readdir(state).catch((): string[] => [])).includes('state.mdb'))
    assert.equal(running.child.exitCode, null, running.stderr.join('\n'));
  await running.end('SIGKILL');
  assert.ok(!(await readdir(data)).includes('birth.json'), 'it was killed in time');
  for (const words of [['--bootstrap'], ['--join', '127.0.0.1:9'], []]) {
    const served = await runHere(['serve', '--data', data, '--listen', '127.0.0.1:0', ...words]);
    assert.deepEqual([served.code, served.stdout], [1, '']);
    assert.match(served.stderr, /restore-unfinished: .*run the same command again/);
  }
  await expectDone('restore', file, '--data', data);
  assert.equal(await expectDone('get', '--count', '--prefix', 'k', '--endpoints', `file:${data}`), '180\n');
});

test('three nodes are restored from one file, by the commands that the first one prints, and serve as a new cluster', async () => {
  const file = join(directory, 'of-home');
  const port = await freePorts();
  const names = ['a', 'b', 'c'];
  const addresses = names.map((_, place) => `127.0.0.1:${port + place + 1}`);
  const members = names.map((name, place) => `${name}=${addresses[place]}`).join();
  const first = await runHere([
    'restore',
    file,
    '--data',
    join(directory, 'a'),
    '--name',
    'a',
    '--members',
    members,
  ]);
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stdout, /^keys {6}1$/m);
  const printed = first.stderr.split('\n').filter((line) => line.startsWith('  quorate restore '));
  assert.equal(printed.length, 2);
  for (const [place, line] of printed.entries()) {
    const words = line.trim().split(' ').slice(1);
    const data = join(directory, names[place + 1] ?? '');
    assert.equal((await runHere(words.map((word) => (word === 'DIR' ? data : word)))).code, 0, line);
  }
  const nodes = names.map(
    (name, place) =>
      new Running(
        'serve',
        '--name',
        name,
        '--data',
        join(directory, name),
        '--listen',
        addresses[place] ?? '',
      ),
  );
  try {
    const at = ['--endpoints', addresses.join(), '--timeout', '20s'];
    for (const node of nodes) await node.until(() => node.stdout.length > 0);
    assert.equal(await expectDone('get', 'k', ...at), 'v\n');
    await expectDone('put', 'k', 'w', ...at);
    const status = await runHere(['status', ...at]);
    assert.match(
      status.stderr,
      /the cluster was restored from a backup of cluster [0-9a-f]{24} at revision 1, on 20/,
    );
    const { origin } = JSON.parse(await expectDone('status', '--json', ...at)) as {
      origin: { kind: string };
    };
    assert.equal(origin.kind, 'restored');
  } finally {
    for (const node of nodes) await node.end('SIGTERM');
  }
});

test('what is asked of a restore by mistake is named', async () => {
  const file = join(directory, 'of-home');
  for (const [words, message] of [
    [[], /--data DIR to restore it there, or --check/],
    [['--data', 'x', '--name', 'a'], /--name and --id go with --members/],
    [['--data', 'x', '--members', 'a=h:1'], /say by --name/],
    [['--data', 'x', '--name', 'a', '--members', 'a'], /"a" is no member; write name=host:port/],
    [['--data', 'x', '--revision-bump', '0'], /--revision-bump is "0"/],
  ] as const) {
    const { code, stderr } = await runHere(['restore', file, ...words]);
    assert.equal(code, 2);
    assert.match(stderr, message);
  }
});
