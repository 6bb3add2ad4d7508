/** The command with certificates: a node that serves by TLS, verbs that connect by it, and a renewal without a restart. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { CertificateFiles } from '../../src/cli/certificates.ts';
import { Progress } from '../../src/cli/progress.ts';
import type { NodeTls } from '../../src/node/index.ts';
import { silentLog } from '../../src/ports/real/index.ts';
import { makeAuthority } from '../ports/certificates.ts';

const main = join(import.meta.dirname, '../../src/cli/main.ts');
const names = ['127.0.0.1'];

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function quorate(words: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const options = { env: { ...process.env, ...env } };
  try {
    return { code: 0, ...(await promisify(execFile)(process.execPath, [main, ...words], options)) };
  } catch (error) {
    return error as Ended;
  }
}

/** A node in a process of its own; its log can be waited for. */
class Served implements AsyncDisposable {
  readonly #child: ChildProcess;
  #log = '';
  readonly #waiting = new Set<() => void>();
  address = '';

  static async start(words: readonly string[]): Promise<Served> {
    const served = new Served(spawn(process.execPath, [main, 'serve', ...words], { stdio: 'pipe' }));
    const lines = createInterface({ input: served.#child.stdout as NodeJS.ReadableStream });
    const [line] = (await once(lines, 'line')) as [string];
    served.address = line.slice('serving '.length);
    return served;
  }

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#log += String(chunk);
      for (const look of this.#waiting) look();
    });
  }

  hangUp(): void {
    this.#child.kill('SIGHUP');
  }

  async says(words: string): Promise<void> {
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (!this.#log.includes(words)) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null]);
  }
}

test('a node serves by TLS, verbs connect by it, and a renewal needs no restart', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'quorate-tls-'));
  const file = (name: string): string => join(directory, name);
  const authority = makeAuthority('cluster');
  const issue = (commonName: string): ReturnType<typeof authority.issue> =>
    authority.issue({ commonName, names });
  const write = async (name: string, issued: ReturnType<typeof issue>): Promise<void> => {
    await writeFile(file(`${name}.pem`), issued.certificate);
    await writeFile(file(`${name}.key`), issued.key);
  };
  try {
    await writeFile(file('ca.pem'), authority.certificate);
    await write('node', issue('node'));
    await write('alice', issue('alice'));
    const tls = ['--tls-cert', file('node.pem'), '--tls-key', file('node.key'), '--tls-ca', file('ca.pem')];
    const node = ['--data', file('data'), '--listen', '127.0.0.1:0', '--bootstrap', '--name', 'a'];
    await using served = await Served.start([...node, ...tls, '--tls-client-auth']);
    const at = ['--endpoints', served.address];
    const shown = ['--cacert', file('ca.pem'), '--cert', file('alice.pem'), '--key', file('alice.key')];
    assert.equal((await quorate(['put', 'a', '1', ...at, ...shown])).stdout, 'revision 1\n');
    const env = {
      QUORATE_CACERT: file('ca.pem'),
      QUORATE_CERT: file('alice.pem'),
      QUORATE_KEY: file('alice.key'),
    };
    assert.equal((await quorate(['get', 'a', ...at], env)).stdout, '1\n');

    const plain = await quorate(['get', 'a', ...at]);
    assert.equal(plain.code, 1);
    assert.match(
      plain.stderr,
      /that port speaks TLS, and this side plain text; connect by quorates:.*--cacert/,
    );
    const nameless = await quorate(['get', 'a', ...at, '--cacert', file('ca.pem')]);
    assert.equal(nameless.code, 1);
    assert.match(nameless.stderr, /showed no certificate, but must/);

    const other = makeAuthority('next year');
    const both = `${authority.certificate}${other.certificate}`;
    await writeFile(file('ca.pem'), both);
    await write('node', other.issue({ commonName: 'node', names }));
    served.hangUp();
    await served.says('certificates renewed');
    await writeFile(file('new-ca.pem'), other.certificate);
    const renewed = ['--cacert', file('new-ca.pem'), ...shown.slice(2)];
    assert.equal((await quorate(['get', 'a', ...at, ...renewed])).stdout, '1\n');

    await writeFile(file('node.key'), 'nonsense');
    served.hangUp();
    await served.says('certificates not renewed');
    assert.equal((await quorate(['get', 'a', ...at, ...renewed])).stdout, '1\n');
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

test('certificates that are half given, or lie nowhere, are wrong usage', async () => {
  const lines = [
    [['get', 'a', '--cert', 'x'], /--cert and --key belong together/],
    [['get', 'a', '--cert', 'x', '--key', 'y'], /--cert needs --cacert/],
    [['get', 'a', '--cacert', '/does/not/exist'], /--cacert cannot be read: ENOENT/],
    [
      ['serve', '--data', 'd', '--listen', '127.0.0.1:0', '--tls-cert', 'x'],
      /belong together: give all three/,
    ],
    [['serve', '--data', 'd', '--listen', '127.0.0.1:0', '--tls-client-auth'], /need --tls-cert/],
  ] as const;
  for (const [words, says] of lines) {
    const ended = await quorate(words);
    assert.equal(ended.code, 2, words.join(' '));
    assert.match(ended.stderr, says);
  }
});

test('files that change are read again without being asked, and told once when they cannot be used', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'quorate-tls-'));
  const options: Record<string, string> = {};
  for (const name of ['tls-cert', 'tls-key', 'tls-ca']) {
    options[name] = join(directory, name);
    await writeFile(options[name], 'one');
  }
  try {
    const { signal } = new AbortController();
    const files = CertificateFiles.of({
      words: [],
      options,
      rest: [],
      input: async () => new Uint8Array(0),
      out: () => {},
      outBytes: () => {},
      drained: async () => {},
      note: () => {},
      progress: () => new Progress(process.stderr),
      signal,
    });
    assert.ok(files !== undefined);
    const told: string[] = [];
    let heard = Promise.withResolvers<void>();
    const tell = (what: string): void => {
      told.push(what);
      heard.resolve();
    };
    const log = { ...silentLog(), warn: tell };
    const renew = ({ certificate }: NodeTls): void => {
      if (certificate === 'bad') throw new Error('unusable');
      tell(certificate);
    };
    using _ = files.follow(files.read(), renew, log, 1);
    for (const content of ['two', 'bad', 'three']) {
      heard = Promise.withResolvers();
      // In one step, as whoever renews certificates should.
      await writeFile(join(directory, 'next'), content);
      await rename(join(directory, 'next'), options['tls-cert'] as string);
      // The interval alone would not keep this process alive.
      const awake = setInterval(() => undefined, 1000);
      await heard.promise;
      clearInterval(awake);
    }
    assert.deepEqual(told, ['two', 'certificates not renewed', 'three']);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
