/** Users and roles by the command: made, used, refused, and no password among the words. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { runCommandLine } from '../../src/cli/command-line.ts';
import { StoreMachine } from '../../src/node/index.ts';
import { realCryptography } from '../../src/ports/real/index.ts';
import { TestCluster } from '../node/test-cluster.ts';

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

test('a person makes users and roles, turns authentication on, and is asked from then on', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'quorate-users-'));
  const cryptography = realCryptography();
  await using cluster = await TestCluster.make([1], { stateMachine: () => new StoreMachine(), cryptography });
  await cluster.begin();
  const { host, port } = cluster.addresses.get(1) as { host: string; port: number };
  const file = join(directory, 'password');
  await writeFile(file, 'the root of all\n');
  const quorate = async (line: string, env: NodeJS.ProcessEnv = {}): Promise<Ended> => {
    const words = [...line.split(' '), '--endpoints', `${host}:${port}`, '--timeout', '30s'];
    const before = { ...process.env };
    Object.assign(process.env, env);
    const [stdin, stdout, stderr] = [Readable.from([]), new PassThrough(), new PassThrough()];
    const said = Promise.all([text(stdout), text(stderr)]);
    const code = await runCommandLine(words, { stdin, stdout, stderr, interrupt: new AbortController() });
    for (const name of Object.keys(env)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
    stdout.end();
    stderr.end();
    const [out, problems] = await said;
    return { code, stdout: out, stderr: problems };
  };
  const root = { QUORATE_USER: 'root', QUORATE_PASSWORD: 'the root of all' };
  try {
    const early = await quorate('auth enable');
    assert.equal(early.code, 1);
    assert.match(early.stderr, /security-refused: .*nobody could get in, so make one first/);
    assert.equal((await quorate(`user add root --new-password-file ${file}`)).stdout, 'user root added\n');
    assert.equal((await quorate('user grant root root')).stdout, 'root has role root\n');
    assert.equal((await quorate('auth enable')).stdout, 'authentication enabled\n');
    const nobody = await quorate('get a');
    assert.equal(nobody.code, 1);
    assert.match(nobody.stderr, /unauthenticated: nobody is logged in/);
    assert.equal((await quorate('role add writer', root)).stdout, 'role writer added\n');
    assert.equal(
      (await quorate('role grant writer read-write config/', root)).stdout,
      'role writer may read and write keys below "config/"\n',
    );
    const alice = { QUORATE_NEW_PASSWORD: 'in wonderland' };
    assert.equal((await quorate('user add alice', { ...root, ...alice })).stdout, 'user alice added\n');
    assert.equal((await quorate('user grant alice writer', root)).stdout, 'alice has role writer\n');
    const asAlice = { QUORATE_PASSWORD: 'in wonderland' };
    assert.equal((await quorate('put config/a 1 --user alice', asAlice)).stdout, 'revision 1\n');
    const denied = await quorate('put other 1 --user alice', asAlice);
    assert.equal(denied.code, 1);
    assert.match(
      denied.stderr,
      /permission-denied: the request writes keys that this user may not write; ask/,
    );
    const wrong = await quorate('get config/a --user alice', { QUORATE_PASSWORD: 'wrong' });
    assert.match(wrong.stderr, /unauthenticated: there is no user "alice" with this password/);
    assert.equal(
      (await quorate(`user list --json --user root --password-file ${file}`)).stdout,
      '{"name":"root","roles":["root"]}\n{"name":"alice","roles":["writer"]}\n',
    );
    assert.equal(
      (await quorate('role show writer --json', root)).stdout,
      '{"name":"writer","rights":[{"access":"read-write","prefix":"config/"}]}\n',
    );
    assert.equal(
      (await quorate('auth status --json', root)).stdout,
      '{"enabled":true,"users":2,"roles":1}\n',
    );
    for (const line of [
      'role grant writer read',
      'role grant writer fly config/',
      'user add',
      'auth perhaps',
    ]) {
      const ended = await quorate(line, root);
      assert.equal(ended.code, 2, line);
    }
    const silent = await quorate('get a --user alice');
    assert.equal(silent.code, 2);
    assert.match(silent.stderr, /set QUORATE_PASSWORD, give --password-file, or use a terminal/);
    assert.equal((await quorate('auth disable', root)).stdout, 'authentication disabled\n');
    assert.equal((await quorate('get config/a')).stdout, '1\n');
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
