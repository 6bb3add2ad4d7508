/** The verbs of daily use, at a node that is a process of its own. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connect } from '../../src/client/index.ts';
import { type Ended, runHere, ServedCluster } from './command.ts';

let cluster: ServedCluster;

before(async () => {
  cluster = await ServedCluster.start(1);
});

after(async () => {
  await cluster[Symbol.asyncDispose]();
});

function at(...words: string[]): Promise<Ended> {
  return piped('', ...words);
}

function piped(input: string | Uint8Array, ...words: string[]): Promise<Ended> {
  return runHere([...words, '--endpoints', cluster.endpoints, '--timeout', '60s'], input);
}

function documentsOf({ stdout }: Ended): Record<string, unknown>[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('conditions of a put hold or leave everything as it is, and the exit code tells', async () => {
  const first = await at('put', 'conditions/leader', 'a', '--if-absent', '--json');
  const [{ revision } = {}] = documentsOf(first);
  assert.equal(first.code, 0);
  const second = await at('put', 'conditions/leader', 'b', '--if-absent', '--json');
  assert.equal(second.code, 1);
  assert.deepEqual(documentsOf(second), [
    { key: 'conditions/leader', written: false, modifyRevision: revision, version: 1 },
  ]);
  assert.match(second.stderr, /was not written: it has version 1, last changed at revision/);
  assert.equal((await at('put', 'conditions/leader', 'c', '--if-revision', String(revision))).code, 0);
  const late = await at('put', 'conditions/leader', 'd', '--if-revision', String(revision));
  assert.equal(late.code, 1);
  assert.equal((await at('get', 'conditions/leader')).stdout, 'c\n');
  const never = await at('put', 'conditions/none', 'd', '--if-revision', '1');
  assert.match(never.stderr, /it is absent/);
});

test('what is no text goes in by a pipe and comes out untouched', async () => {
  const bytes = new Uint8Array([0, 255, 10, 1]);
  await piped(bytes, 'put', 'bytes/a', '-');
  const [entry = {}] = documentsOf(await at('get', 'bytes/a', '--json'));
  assert.equal(entry['valueBase64'], 'AP8KAQ==');
  assert.equal('value' in entry, false);
  await piped('text\n', 'put', 'bytes/b', '-');
  assert.equal((await at('get', 'bytes/b', '--raw')).stdout, 'text\n');
});

test('a get counts, limits, leaves values out, looks back, and asks as strictly as it is told', async () => {
  for (const name of ['a', 'b', 'c']) await at('put', `range/${name}`, name);
  await at('put', 'range/a', 'again');
  const [{ modifyRevision } = {}] = documentsOf(await at('get', 'range/b', '--json'));
  const rows: readonly (readonly [words: string[], stdout: string])[] = [
    [['range/', '--prefix', '--count'], '3\n'],
    [['range/', '--prefix', '--limit', '2', '--keys-only'], 'range/a\nrange/b\n'],
    [['range/', '--prefix'], 'range/a\tagain\nrange/b\tb\nrange/c\tc\n'],
    [['range/', '--prefix', '--revision', String(modifyRevision)], 'range/a\ta\nrange/b\tb\n'],
    [['range/d', '--prefix'], ''],
  ];
  await Promise.all(
    rows.map(async ([words, stdout]) => {
      assert.deepEqual(await at('get', ...words), { code: 0, stdout, stderr: '' }, words.join(' '));
    }),
  );
  for (const consistency of ['session', 'stale']) {
    const { code } = await at('get', 'range/a', '--consistency', consistency);
    assert([0, 1].includes(code), 'a node that is behind may not know the key yet');
  }
  assert.match(
    (await at('get', 'range/a', '--consistency', 'exact')).stderr,
    /must be one of strong, session/,
  );
  assert.equal((await at('get', 'range/', '--prefix', '--raw')).code, 2);
  assert.equal((await at('get', '')).code, 2);
});

test('a range that does not fit into one answer is read page by page, as of one revision', async () => {
  const value = 'x'.repeat(900_000);
  for (const name of ['a', 'b', 'c', 'd']) await piped(value, 'put', `pages/${name}`, '-');
  const pages = documentsOf(await at('get', 'pages/', '--prefix', '--json')) as {
    key: string;
    value: string;
  }[];
  assert.deepEqual(
    pages.map((entry) => [entry.key, entry.value.length]),
    ['a', 'b', 'c', 'd'].map((name) => [`pages/${name}`, 900_000]),
  );
});

test('a transaction is taken from arguments, a pipe and JSON, and answered in either form', async () => {
  const words = ['when absent txn/lock', 'then put txn/lock me; put txn/log "a b"', 'else get txn/lock'];
  const first = await at('txn', ...words);
  assert.equal(first.code, 0);
  assert.match(first.stdout, /^then at revision \d+\nput\nput\n$/);
  const second = await at('txn', ...words, '--json');
  assert.equal(second.code, 1);
  const [{ succeeded, results } = {}] = documentsOf(second);
  assert.equal(succeeded, false);
  const [got] = results as {
    kind: string;
    entries: { key: string; value: string; createRevision: number }[];
  }[];
  assert.deepEqual([got?.kind, got?.entries[0]?.key, got?.entries[0]?.value], ['get', 'txn/lock', 'me']);

  const token = got?.entries[0]?.createRevision ?? 0;
  const lines = `holding txn/lock ${token}\nthen put txn/guarded 1\n get prefix txn/l # both\n`;
  const third = await piped(lines, 'txn');
  assert.deepEqual(
    [third.code, third.stdout.split('\n').slice(1)],
    [0, ['put', 'get 2', 'txn/lock\tme', 'txn/log\ta b', '']],
  );
  const json = `{"holding":[{"key":"txn/lock","token":${token - 1}}],"then":[{"del":{"prefix":"txn/"}}]}`;
  const fenced = await at('txn', json);
  assert.equal(fenced.code, 1);
  assert.match(fenced.stderr, /fenced/);
});

test('a transaction counts within bounds and stands in line, or does neither', async () => {
  const words = ['then add txn/stock -1 least 0', 'append txn/orders/ book suffix -new'];
  const without = await at('txn', ...words);
  assert.equal(without.code, 1);
  assert.match(without.stderr, /counter-out-of-range/);
  await at('put', 'txn/stock', '3');
  const first = await at('txn', ...words);
  assert.deepEqual([first.code, first.stderr], [0, '']);
  const [, revision] =
    /^then at revision (\d+)\nadd 2, from 3\nappend txn\/orders\//.exec(first.stdout) ?? [];
  const [{ results } = {}] = documentsOf(await at('txn', '--json', ...words));
  const [added, appended] = results as { kind: string; key?: string }[];
  assert.deepEqual(added, { kind: 'add', before: 2, after: 1 });
  const [line] = documentsOf(await at('get', '--prefix', 'txn/orders/', '--json', '--limit', '1'));
  assert.match(String(line?.['key']), new RegExp(`^txn/orders/0*${revision}-\\d+-new$`));
  assert.ok(appended?.kind === 'append' && String(appended.key) > String(line?.['key']));
});

test('a watch that asks for what was compacted says so and ends with 1', async () => {
  for (const value of ['1', '2', '3']) await at('put', 'compacted/a', value);
  await using store = await connect(`quorate://${cluster.endpoints}`, { timeout: '60s' });
  const { revision } = await store.put('compacted/a', '4');
  await store.compact(revision);
  const ended = await at('watch', 'compacted/a', '--from', '1');
  assert.equal(ended.code, 1);
  assert.match(ended.stderr, /^quorate watch: compacted: /m);
});
