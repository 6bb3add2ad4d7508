/** Two simulated machines that are connected, and what each of them hears: where stories about the network begin. */
import { isQuorateError } from '../../../src/base/index.ts';
import type { Connection, Machine } from '../../../src/ports/index.ts';
import type { World, WorldOptions } from '../../../src/sim/machine/index.ts';
import { exact, makeWorld, tell } from './story.ts';

/** One end of a connection, and what it heard. */
export class End {
  readonly connection: Connection;
  readonly bytes: number[] = [];
  readonly pieces: number[] = [];
  heard: string[] = [];
  answers: (bytes: Uint8Array) => void = () => undefined;

  constructor(connection: Connection) {
    this.connection = connection;
    connection.start({
      received: (bytes) => {
        this.bytes.push(...bytes);
        this.pieces.push(bytes.length);
        this.answers(bytes);
      },
      drained: () => void this.heard.push('drained'),
      ended: () => void this.heard.push('ended'),
      closed: (cause) => void this.heard.push(`closed${cause === undefined ? '' : ` ${systemOf(cause)}`}`),
    });
  }
}

export function systemOf(error: unknown): string {
  return isQuorateError(error) && error.code === 'network-failed' ? error.data.system : String(error);
}

export async function listen({ network }: Machine, accept: (end: End) => void, host = 'b'): Promise<void> {
  await network.listen({ address: { host, port: 1 } }, (connection) => accept(new End(connection)));
}

export async function dial({ network }: Machine, host = 'b'): Promise<End> {
  return new End(await network.connect({ address: { host, port: 1 } }));
}

export const links = {
  latency: { leastMs: 1 },
  splitChance: 0,
  retransmitMsMin: 200,
  retransmitMsMax: 2_000,
};

interface Pair {
  readonly world: World;
  readonly a: End;
  readonly b: End;
}

/** Machine `a` has connected to machine `b`; a byte takes a millisecond. */
export async function pair(options: Partial<WorldOptions> = {}): Promise<Pair> {
  const { network, ...rest } = options;
  const world = makeWorld({ network: { ...links, ...network }, ...rest });
  for (const name of ['a', 'b', 'c']) world.addMachine(exact(name));
  const ends: End[] = [];
  await tell(world, 'b', (machine) => listen(machine, (end) => ends.push(end)));
  await tell(world, 'a', async (machine) => {
    ends.push(await dial(machine));
  });
  const [b, a] = ends as [End, End];
  return { world, a, b };
}

export async function live(world: World, forMs: number): Promise<void> {
  await world.run(world.nowMs + forMs);
}
