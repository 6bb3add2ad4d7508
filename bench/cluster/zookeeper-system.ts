/** Three nodes of ZooKeeper with its defaults, each a process that can be killed, stopped and started again. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Child } from '../../test/torture/child.ts';
import type { Look } from '../../test/torture/system.ts';
import { ZookeeperClient } from './zookeeper-client.ts';

const archive = '/usr/share/java/zookeeper.jar';
const lookMsMax = 1_000;

interface ZookeeperOptions {
  readonly directory: string;
  readonly nodes: number;
  readonly port: number;
}

export class ZookeeperSystem implements AsyncDisposable {
  readonly name = 'zookeeper';
  readonly nodes: readonly { readonly place: number; readonly child: Child }[];
  readonly #ports: readonly number[];
  readonly #reader: ZookeeperClient;

  /** Where Debian's package puts it. */
  static get isInstalled(): boolean {
    return existsSync(archive);
  }

  constructor(options: ZookeeperOptions) {
    const places = Array.from({ length: options.nodes }, (_, place) => place);
    this.#ports = places.map((place) => options.port + place);
    this.#reader = new ZookeeperClient(this.#ports);
    this.nodes = places.map((place) => ({ place, child: childOf(options, place) }));
    for (const { child } of this.nodes) child.start();
  }

  client(first: number): {
    write(key: string, value: string): Promise<unknown>;
    close(): Promise<void>;
  } {
    const client = new ZookeeperClient([...this.#ports.slice(first), ...this.#ports.slice(0, first)]);
    return { write: (key, value) => client.create(`/${flat(key)}`, value), close: () => client.close() };
  }

  async look(place: number): Promise<Look | undefined> {
    const socket = connect({
      port: this.#ports[place] as number,
      host: '127.0.0.1',
      signal: AbortSignal.timeout(lookMsMax),
    });
    socket.end('srvr');
    try {
      const mode = /^Mode: (\w+)/m.exec(await text(socket))?.[1];
      return mode === undefined ? undefined : { place, leads: mode === 'leader', term: 0 };
    } catch {
      return undefined;
    }
  }

  /** Names have no folders here, so all are looked at. */
  async holds(keys: readonly string[]): Promise<(key: string) => boolean> {
    const names = new Set(keys.length === 0 ? [] : await this.#reader.names());
    return (key) => names.has(flat(key));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader.close();
    await Promise.all(this.nodes.map(({ child }) => child.kill()));
  }
}

function flat(key: string): string {
  return key.replaceAll('/', '.');
}

function childOf({ directory, nodes, port }: ZookeeperOptions, place: number): Child {
  const own = join(directory, `node${place + 1}`);
  mkdirSync(own, { recursive: true });
  writeFileSync(join(own, 'myid'), `${place + 1}\n`);
  const members = Array.from(
    { length: nodes },
    (_, other) => `server.${other + 1}=127.0.0.1:${port + nodes + other}:${port + 2 * nodes + other}`,
  );
  const settings = [
    `dataDir=${own}`,
    `clientPort=${port + place}`,
    'clientPortAddress=127.0.0.1',
    'tickTime=2000',
    'initLimit=10',
    'syncLimit=5',
    'maxClientCnxns=0',
    'admin.enableServer=false',
    '4lw.commands.whitelist=srvr',
    ...members,
  ];
  const file = join(directory, `node${place + 1}.cfg`);
  writeFileSync(file, `${settings.join('\n')}\n`);
  return new Child({
    program: 'java',
    words: ['-Xmx500m', '-cp', archive, 'org.apache.zookeeper.server.quorum.QuorumPeerMain', file],
    log: join(directory, `node${place + 1}.log`),
  });
}
