/** A cluster with users, of nodes that share a secret or show certificates: grown, moved, led and shrunk by the command. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeAuthority } from '../ports/certificates.ts';
import { type Ended, type Member, quorate, Servers } from './servers.ts';

interface Shown {
  /** What nodes are started with. */
  readonly node: (name: string) => readonly string[];
  /** What verbs connect by. */
  readonly verb: readonly string[];
}

const showing: Readonly<Record<string, (servers: Servers) => Promise<Shown>>> = {
  'share a secret': async ({ directory }) => {
    const file = join(directory, 'secret');
    await writeFile(file, 'what only members know\n');
    return { node: () => ['--secret-file', file], verb: [] };
  },
  'show certificates': async ({ directory }) => {
    const authority = makeAuthority('cluster');
    const file = (name: string): string => join(directory, name);
    await writeFile(file('ca.pem'), authority.certificate);
    for (const commonName of ['a', 'b', 'c']) {
      const { certificate, key } = authority.issue({ commonName, names: ['127.0.0.1'] });
      await writeFile(file(`${commonName}.pem`), certificate);
      await writeFile(file(`${commonName}.key`), key);
    }
    const names = ['--tls-ca', file('ca.pem'), '--tls-member-names', 'a,b,c'];
    return {
      node: (name) => ['--tls-cert', file(`${name}.pem`), '--tls-key', file(`${name}.key`), ...names],
      verb: ['--cacert', file('ca.pem')],
    };
  },
};

for (const [what, make] of Object.entries(showing)) {
  test(`nodes that ${what} come, lead and go in a cluster with users`, async () => {
    await using servers = await Servers.make();
    const { node, verb } = await make(servers);
    const password = join(servers.directory, 'password');
    await writeFile(password, 'the root of all\n');
    const login = ['--user', 'root', '--password-file', password];
    const a = await servers.serve('a', '--bootstrap', ...node('a'));
    let at = a.address;
    const said = async (...words: string[]): Promise<Ended> =>
      await quorate(...words, '--endpoints', at, '--timeout', '30s', ...verb);
    const asRoot = async (...words: string[]): Promise<string> => {
      const { code, stdout, stderr } = await said(...words, ...login);
      assert.deepEqual([code, stderr], [0, ''], words.join(' '));
      return stdout;
    };
    const until = async (holds: (members: readonly Member[]) => boolean): Promise<void> => {
      const seen = async (): Promise<readonly Member[]> =>
        (JSON.parse(await asRoot('status', '--json')) as { members: Member[] }).members;
      while (!holds(await seen()));
    };
    await asRoot('user', 'add', 'root', '--new-password-file', password);
    await asRoot('user', 'grant', 'root', 'root');
    await asRoot('auth', 'enable');

    const b = await servers.serve('b', '--join', a.address, ...node('b'));
    await servers.serve('c', '--join', `${a.address},${b.address}`, ...node('c'));
    await until((all) => all.length === 3 && all.every(({ role }) => role !== 'learner'));
    await asRoot('put', 'greeting', 'hello');
    for (const words of [['members'], ['status'], ['transfer', 'b'], ['members', 'remove', 'b']] as const) {
      const ended = await said(...words);
      assert.equal(ended.code, 1, words.join(' '));
      assert.match(ended.stdout + ended.stderr, /nobody is logged in/);
    }
    assert.equal(await asRoot('transfer', 'b'), 'b leads\n');
    at = b.address;
    const gone = once(a.child, 'exit');
    assert.equal(await asRoot('members', 'remove', 'a'), 'a removed\n');
    assert.deepEqual(await gone, [0, null]);
    assert.equal(await asRoot('get', 'greeting'), 'hello\n');
    // They are listed by identity, and that is drawn.
    await until(
      (all) =>
        all
          .map(({ name }) => name)
          .sort()
          .join() === 'b,c',
    );
  });
}
