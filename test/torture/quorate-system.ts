/**
 * Quorate under test: nodes as `quorate serve` runs them, each in a process of its own, with default settings. What
 * they know each other by are the ports of the doors, so all that passes between them can be tampered with.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { drawClusterName, drawIdentity, realMachine, writeBirthRecord } from '../../src/node/index.ts';
import { silentLog } from '../../src/ports/real/index.ts';
import { Child } from './child.ts';
import { Door } from './door.ts';
import { type FaultKind, faultKinds } from './fault.ts';
import { QuorateClient, QuorateOperator, QuorateWatcher } from './quorate-client.ts';
import type { Look, StoreClient, System, SystemNode, SystemOptions, Watcher } from './system.ts';

const program = join(import.meta.dirname, '../../src/cli/main.ts');

/** Ports of one node: its own, its door for members, its door for clients. */
const portsOf = (port: number, place: number) => ({
  own: port + place * 3,
  peers: port + place * 3 + 1,
  clients: port + place * 3 + 2,
});

export class QuorateSystem implements System {
  readonly name = 'quorate';
  readonly nodes: readonly SystemNode[];
  readonly faults: ReadonlySet<FaultKind> = new Set(faultKinds);
  readonly #options: SystemOptions;
  readonly #operator: QuorateOperator;

  /** Prepares the directories and starts all nodes; they may not have a leader yet. */
  static async start(options: SystemOptions): Promise<QuorateSystem> {
    const members = await prepare(options);
    const nodes: SystemNode[] = [];
    for (const [place, directory] of directoriesOf(options).entries()) {
      const { own, peers, clients } = portsOf(options.port, place);
      const placeOf = (member: number): number | undefined => {
        const found = members.indexOf(member);
        return found < 0 ? undefined : found;
      };
      nodes.push({
        place,
        directory,
        child: childOf(options, place, directory),
        peerDoor: await Door.open({ port: peers, targetPort: own, place, placeOf }),
        clientDoor: await Door.open({ port: clients, targetPort: own, place }),
      });
    }
    for (const { child } of nodes) child.start();
    return new QuorateSystem(options, nodes);
  }

  private constructor(options: SystemOptions, nodes: readonly SystemNode[]) {
    this.#options = options;
    this.nodes = nodes;
    this.#operator = new QuorateOperator(nodes.map(({ place }) => portsOf(options.port, place).own));
  }

  client(first: number): StoreClient {
    const { isDirect = false, port } = this.#options;
    const ports = this.nodes.map(({ clientDoor, place }) =>
      isDirect ? portsOf(port, place).own : clientDoor.port,
    );
    return new QuorateClient([...ports.slice(first), ...ports.slice(0, first)]);
  }

  watch(place: number, prefix: string): Watcher {
    return new QuorateWatcher(portsOf(this.#options.port, place).clients, prefix);
  }

  look(place: number): Promise<Look | undefined> {
    return this.#operator.look(place);
  }

  contents(prefix: string): Promise<ReadonlyMap<string, string>> {
    return this.#operator.contents(prefix);
  }

  sweep(prefix: string): Promise<void> {
    return this.#operator.sweep(prefix);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#operator.close();
    await Promise.all(this.nodes.map(({ child }) => child.kill()));
    for (const { peerDoor, clientDoor } of this.nodes) {
      await peerDoor.close();
      await clientDoor.close();
    }
  }
}

function directoriesOf({ directory, nodes, homes }: SystemOptions): string[] {
  return Array.from(
    { length: nodes },
    (_, place) => homes?.get(place) ?? join(directory, `node${place + 1}`),
  );
}

function childOf(options: SystemOptions, place: number, directory: string): Child {
  const name = `node${place + 1}`;
  const { own, peers } = portsOf(options.port, place);
  const listen = `127.0.0.1:${own}`;
  // Members believe each other where they listen, and would go past the doors.
  const advertise = options.isDirect === true ? [] : ['--advertise', `127.0.0.1:${peers}`];
  return new Child({
    program: process.execPath,
    words: [program, 'serve', '--name', name, '--data', directory, '--listen', listen, ...advertise],
    log: join(options.directory, `${name}.log`),
  });
}

/** Resolves to the members in the order of their places. */
async function prepare(options: SystemOptions): Promise<number[]> {
  const machine = realMachine({ log: silentLog() });
  try {
    mkdirSync(options.directory, { recursive: true });
    const cluster = drawClusterName(machine.random);
    const directories = directoriesOf(options);
    const identities = directories.map(() => drawIdentity(machine.random, cluster));
    const bootstrap = identities.map(({ member }) => member);
    const addresses = new Map(
      bootstrap.map((member, place) => {
        const { own, peers } = portsOf(options.port, place);
        return [member, { host: '127.0.0.1', port: options.isDirect === true ? own : peers }];
      }),
    );
    for (const [place, identity] of identities.entries()) {
      const record = { identity, started: false, bootstrap, addresses };
      await writeBirthRecord(machine.disk, directories[place] as string, record);
    }
    return bootstrap;
  } finally {
    machine.loopDelay.close();
  }
}
