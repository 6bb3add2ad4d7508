import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { verbHelp } from '../../src/cli/usage.ts';
import { allVerbs } from '../../src/cli/verbs/index.ts';
import { down, freePorts, quorate, runHere, up } from './command.ts';

test('a person starts a cluster, writes, reads, stops it and finds everything again', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'quorate-up-'));
  const port = await freePorts();
  try {
    const first = await up(directory, port);
    const at = ['--endpoints', first.endpoints];
    assert.equal((await quorate('put', 'greeting', 'hello', ...at)).stdout, 'revision 1\n');
    assert.equal((await runHere(['put', 'greetings/second', 'salut', ...at])).stdout, 'revision 2\n');
    assert.equal((await runHere(['get', 'greeting', ...at])).stdout, 'hello\n');
    const listed = await runHere(['get', 'greet', '--prefix', '--json', ...at]);
    assert.deepEqual(
      listed.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
      [
        { key: 'greeting', value: 'hello', createRevision: 1, modifyRevision: 1, version: 1 },
        { key: 'greetings/second', value: 'salut', createRevision: 2, modifyRevision: 2, version: 1 },
      ],
    );
    const { members } = JSON.parse((await runHere(['status', '--json', ...at])).stdout) as {
      members: { pid: number; role: string; health: string }[];
    };
    assert.deepEqual(members.map(({ role }) => role).sort(), ['follower', 'follower', 'leader']);
    await down(first.child);

    const second = await up(directory, port);
    assert.equal((await runHere(['get', 'greeting', ...at])).stdout, 'hello\n');
    assert.equal((await runHere(['del', 'greeting', ...at])).stdout, 'deleted 1\n');
    const gone = await runHere(['get', 'greeting', ...at]);
    assert.equal(gone.code, 1);
    assert.match(gone.stderr, /there is no key "greeting"/);
    await down(second.child);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

test('wrong use says what was wrong, says where to read on, and exits with 2; nobody there exits with 124', async () => {
  const rows: readonly (readonly [words: string[], code: number, message: RegExp])[] = [
    [['dance'], 2, /there is no verb "dance"/],
    [['put', 'only-a-key'], 2, /expected KEY and VALUE, but got 1 words/],
    [['get', 'a', '--endpoints', 'nowhere'], 2, /"nowhere" is not an address/],
    [['sim', '--seeds', 'many'], 2, /--seeds is "many", but must be a whole number/],
    [
      ['sim', '--scenario', 'doom'],
      2,
      /--scenario is "doom", but must be one of mixed, network, disk, .*replay/,
    ],
    [['status', '--colour'], 2, /Unknown option '--colour'/],
    [
      ['get', 'a', '--endpoints', '127.0.0.1:1', '--timeout', '300ms'],
      124,
      /deadline-exceeded: no answer within 300 ms/,
    ],
  ];
  const checks = rows.map(async ([words, code, message]) => {
    const ended = await runHere(words);
    assert.equal(ended.code, code, words.join(' '));
    assert.match(ended.stderr, message);
  });
  await Promise.all(checks);
});

test('a history on disk is judged: a stale read is named, a good one passes, a broken file tells its line', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'quorate-check-'));
  const events = (value: number): string =>
    [
      { process: 0, type: 'invoke', f: 'write', key: 'k', value: 1, time: 1 },
      { process: 0, type: 'ok', f: 'write', key: 'k', value: null, time: 2 },
      { process: 0, type: 'invoke', f: 'write', key: 'k', value: 2, time: 3 },
      { process: 0, type: 'ok', f: 'write', key: 'k', value: null, time: 4 },
      { process: 1, type: 'invoke', f: 'read', key: 'k', value: null, time: 5 },
      { process: 1, type: 'ok', f: 'read', key: 'k', value, time: 6 },
    ]
      .map((event) => `${JSON.stringify(event)}\n`)
      .join('');
  const file = join(directory, 'history.jsonl');
  try {
    await writeFile(file, events(2));
    assert.equal(
      (await runHere(['check', file])).stdout,
      'valid: 3 operations are linearizable as register\n',
    );
    await writeFile(file, events(1));
    const stale = await runHere(['check', file, '--json']);
    assert.equal(stale.code, 1);
    assert.equal((JSON.parse(stale.stdout) as { verdict: string }).verdict, 'invalid');
    await writeFile(file, `${events(2)}not json\n`);
    const broken = await runHere(['check', file]);
    assert.equal(broken.code, 1);
    assert.match(broken.stderr, /malformed-history: .*7/);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

test('every verb explains itself by example', async () => {
  for (const verb of await allVerbs()) {
    assert(verb.examples.length > 0, verb.name);
    for (const example of verb.examples) {
      const command = typeof example === 'string' ? example : example.run;
      assert.match(command, new RegExp(`(^|[ |(])quorate ${verb.name}( |$)`));
    }
    for (const option of Object.keys(verb.options))
      assert(verb.help[option] !== undefined, `${verb.name} --${option}`);
    assert.match(verbHelp(verb), /examples:\n {2}quorate /);
  }
});
