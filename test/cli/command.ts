/** The command as a process of its own, and clusters of such processes, as people and scripts use them. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { runCommandLine } from '../../src/cli/command-line.ts';
import { localMembers, prepareMembers } from '../../src/cli/local-members.ts';
import { ClusterClient } from '../../src/client/index.ts';
import { realClock, realMachine, realNetwork, realRandom, silentLog } from '../../src/ports/real/index.ts';

const main: string = join(import.meta.dirname, '../../src/cli/main.ts');

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export function quorate(...words: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...words], (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

/** The same without a process of its own, where what a verb says is the point: many times as fast. */
export async function runHere(
  words: readonly string[],
  input: string | Uint8Array = '',
  interrupt: AbortController = new AbortController(),
): Promise<Ended> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const said = Promise.all([text(stdout), text(stderr)]);
  const stdin = Readable.from([Buffer.from(input)]);
  const code = await runCommandLine(words, { stdin, stdout, stderr, interrupt });
  stdout.end();
  stderr.end();
  const [out, note] = await said;
  return { code, stdout: out, stderr: note };
}

/** A verb that goes on until it is told to stop. */
export class Running {
  readonly child: ChildProcess;
  readonly stdout: string[] = [];
  readonly stderr: string[] = [];
  readonly #ended: Promise<unknown>;

  constructor(...words: string[]) {
    this.child = spawn(process.execPath, [main, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
    const { stdout, stderr } = this.child;
    assert(stdout !== null && stderr !== null);
    createInterface({ input: stdout }).on('line', (line) => this.stdout.push(line));
    createInterface({ input: stderr }).on('line', (line) => this.stderr.push(line));
    this.#ended = once(this.child, 'close');
  }

  /** Resolves when `holds`; a process that ends before it does is told with what it said. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      assert(this.child.exitCode === null, `it ended too early:\n${this.stderr.join('\n')}`);
      await nextTurn();
    }
  }

  async end(signal?: NodeJS.Signals): Promise<number | null> {
    if (signal !== undefined) this.child.kill(signal);
    await this.#ended;
    return this.child.exitCode;
  }
}

/** A port behind which some more are likely to be free: nothing else on this machine listens up there. */
export async function freePorts(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return Math.min(port, 65_000);
}

/** Nodes of one cluster, each a process that can be killed alone. */
export class ServedCluster implements AsyncDisposable {
  readonly directory: string;
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
  readonly #members: ReturnType<typeof localMembers>;
  readonly #nodes: (Running | undefined)[] = [];
  readonly #extra: (place: number) => readonly string[];

  /** `extra`: further options of each node, which stands at a place from 0 on. */
  static async start(
    nodes: number,
    extra: (place: number) => readonly string[] = () => [],
  ): Promise<ServedCluster> {
    const directory = await mkdtemp(join(tmpdir(), 'quorate-served-'));
    const members = localMembers({ nodes, port: await freePorts(), data: directory });
    const machine = realMachine({ log: silentLog() });
    await prepareMembers(
      machine,
      members,
      members.map(() => undefined),
    );
    machine.loopDelay.close();
    const cluster = new ServedCluster(directory, members, extra);
    await Promise.all(members.map((_, place) => cluster.startNode(place)));
    await cluster.leader();
    return cluster;
  }

  private constructor(
    directory: string,
    members: ReturnType<typeof localMembers>,
    extra: (place: number) => readonly string[],
  ) {
    this.directory = directory;
    this.#members = members;
    this.#extra = extra;
    this.addresses = members.map(({ address }) => address);
  }

  get endpoints(): string {
    return this.addresses.map(({ host, port }) => `${host}:${port}`).join(',');
  }

  async startNode(place: number): Promise<void> {
    const member = this.#members[place];
    assert(member !== undefined);
    const { name, directory, address } = member;
    const listen = `${address.host}:${address.port}`;
    const words = ['serve', '--name', name, '--data', directory, '--listen', listen, ...this.#extra(place)];
    const node = new Running(...words);
    this.#nodes[place] = node;
    await node.until(() => node.stdout.some((line) => line.startsWith('serving ')));
  }

  /** As a power cut to one machine would. */
  async kill(place: number): Promise<void> {
    await this.#nodes[place]?.end('SIGKILL');
    this.#nodes[place] = undefined;
  }

  /** The place of the node that leads, as soon as one does. */
  async leader(): Promise<number> {
    await using client = new ClusterClient({
      network: realNetwork({ log: silentLog() }),
      clock: realClock(),
      random: realRandom(),
      endpoints: this.addresses,
    });
    while (true) {
      for (const [place, node] of this.#nodes.entries()) {
        if (node === undefined) continue;
        const { groups } = JSON.parse(new TextDecoder().decode(await client.status(place))) as {
          groups: { role: string }[];
        };
        if (groups[0]?.role === 'leader') return place;
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node?.end('SIGTERM')));
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** A cluster as `quorate up` runs it, when it says that it is ready. */
export async function up(
  directory: string,
  port: number,
  ...more: string[]
): Promise<{ child: ChildProcess; endpoints: string }> {
  const words = [main, 'up', '--data', directory, '--port', String(port), ...more];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const [line] = (await once(lines, 'line')) as [string];
  assert.match(line, /^ready (127\.0\.0\.1:\d+,){2}127\.0\.0\.1:\d+$/);
  return { child, endpoints: line.slice('ready '.length) };
}

/** Ctrl-C stops it, and cleanly. */
export async function down(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGINT');
  assert.deepEqual(await exited, [0, null], 'Ctrl-C stops the cluster cleanly');
}
