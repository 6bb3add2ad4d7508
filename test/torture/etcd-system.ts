/**
 * etcd under test, by the same workers, watchers and judges: a system of which the world knows what it promises. What
 * they find in it is most likely wrong in them. Its members cannot be told apart at a door, so faults of single links
 * are left out, and those of one node concern what the others dial there.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { isQuorateError } from '../../src/base/index.ts';
import { Child } from './child.ts';
import { Door } from './door.ts';
import { EtcdClient, EtcdWatcher } from './etcd-client.ts';
import { Gateway } from './etcd-gateway.ts';
import type { FaultKind } from './fault.ts';
import type { Look, StoreClient, System, SystemNode, SystemOptions, Watcher } from './system.ts';

const lookMsMax = 1_000;

const portsOf = (port: number, place: number) => ({
  own: port + place * 4,
  ownPeers: port + place * 4 + 1,
  peers: port + place * 4 + 2,
  clients: port + place * 4 + 3,
});

export class EtcdSystem implements System {
  readonly name = 'etcd';
  readonly nodes: readonly SystemNode[];
  readonly faults: ReadonlySet<FaultKind> = new Set<FaultKind>([
    'kill',
    'kill-all',
    'pause',
    'isolate',
    'one-way',
    'delay',
    'narrow',
    'half-open',
    'reset',
    'clients-cut',
    'clients-half-open',
    'clients-reset',
  ]);
  readonly #options: SystemOptions;
  readonly #gateways: readonly Gateway[];
  readonly #operator: EtcdClient;

  static async start(options: SystemOptions): Promise<EtcdSystem> {
    mkdirSync(options.directory, { recursive: true });
    const nodes: SystemNode[] = [];
    for (let place = 0; place < options.nodes; place += 1) {
      const { own, ownPeers, peers, clients } = portsOf(options.port, place);
      const directory = join(options.directory, `node${place + 1}`);
      nodes.push({
        place,
        directory,
        child: childOf(options, place, directory),
        peerDoor: await Door.open({ port: peers, targetPort: ownPeers, place }),
        clientDoor: await Door.open({ port: clients, targetPort: own, place }),
      });
    }
    for (const { child } of nodes) child.start();
    return new EtcdSystem(options, nodes);
  }

  private constructor(options: SystemOptions, nodes: readonly SystemNode[]) {
    this.#options = options;
    this.nodes = nodes;
    const ports = nodes.map(({ place }) => portsOf(options.port, place).own);
    this.#gateways = ports.map((port) => new Gateway(port));
    this.#operator = new EtcdClient(ports);
  }

  client(first: number): StoreClient {
    const { isDirect = false, port } = this.#options;
    const ports = this.nodes.map(({ clientDoor, place }) =>
      isDirect ? portsOf(port, place).own : clientDoor.port,
    );
    return new EtcdClient([...ports.slice(first), ...ports.slice(0, first)]);
  }

  watch(place: number, prefix: string): Watcher {
    return new EtcdWatcher(portsOf(this.#options.port, place).clients, prefix);
  }

  async look(place: number): Promise<Look | undefined> {
    try {
      const gateway = this.#gateways[place] as Gateway;
      const { header, leader, raftTerm } = await gateway.call('/v3/maintenance/status', {}, lookMsMax);
      const leads = leader !== undefined && leader === header?.member_id;
      return { place, leads, term: Number(raftTerm ?? 0) };
    } catch (error) {
      if (!isQuorateError(error)) throw error;
      return undefined;
    }
  }

  contents(prefix: string): Promise<ReadonlyMap<string, string>> {
    return this.#operator.contents(prefix);
  }

  sweep(prefix: string): Promise<void> {
    return this.#operator.sweep(prefix);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const gateway of this.#gateways) gateway.close();
    await this.#operator.close();
    await Promise.all(this.nodes.map(({ child }) => child.kill()));
    for (const { peerDoor, clientDoor } of this.nodes) {
      await peerDoor.close();
      await clientDoor.close();
    }
  }
}

/** With its default timeouts and its default durability. */
function childOf(options: SystemOptions, place: number, directory: string): Child {
  const { port, nodes, isDirect = false } = options;
  const name = `node${place + 1}`;
  const url = (of: number): string => `http://127.0.0.1:${of}`;
  const advertised = (of: number): string => {
    const { ownPeers, peers } = portsOf(port, of);
    return url(isDirect ? ownPeers : peers);
  };
  const { own, ownPeers } = portsOf(port, place);
  const all = Array.from({ length: nodes }, (_, of) => `node${of + 1}=${advertised(of)}`);
  const words: Readonly<Record<string, string>> = {
    name,
    'data-dir': directory,
    'listen-client-urls': url(own),
    'advertise-client-urls': url(own),
    'listen-peer-urls': url(ownPeers),
    'initial-advertise-peer-urls': advertised(place),
    'initial-cluster': all.join(','),
    'initial-cluster-state': 'new',
    'initial-cluster-token': 'torture',
    logger: 'zap',
    'log-level': 'warn',
  };
  return new Child({
    program: 'etcd',
    words: Object.entries(words).flatMap(([option, value]) => [`--${option}`, value]),
    log: join(options.directory, `${name}.log`),
  });
}
