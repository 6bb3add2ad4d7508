/**
 * Two programs on simulated machines: `b` serves at port 1, `a` asks. Bytes take a millisecond each way, so that
 * stories can say when something happens; links, processes and machines fail as the story wants.
 */

import { assert } from '../../src/base/index.ts';
import {
  type MessageStream,
  Messenger,
  type MessengerOptions,
  type Peer,
  type Subscription,
  type SubscriptionItem,
} from '../../src/net/messaging/index.ts';
import type { Machine } from '../../src/ports/index.ts';
import type { World, WorldOptions } from '../../src/sim/machine/index.ts';
import { links } from '../sim/machine/connected-pair.ts';
import { exact, makeWorld, sleep, tell } from '../sim/machine/story.ts';

/** Simulated time that no story needs. */
const storyMsMax = 600_000;

export const here = { host: 'b', port: 1 };

export interface Scene {
  readonly world: World;
  readonly server: Messenger;
  readonly client: Messenger;
  /** The server, as the client reaches it. */
  readonly peer: Peer;
  /** The machine on which the story runs. */
  readonly machine: Machine;
  readonly sleep: (forMs: number) => Promise<void>;
  /** Starts the server's program again after its machine or process died. */
  readonly revive: () => Promise<Messenger>;
}

interface SceneOptions {
  readonly server?: MessengerOptions;
  readonly client?: MessengerOptions;
  readonly network?: WorldOptions['network'];
  readonly seed?: number;
  /** Handlers of the server, also after it was revived. */
  readonly serve?: (server: Messenger, machine: Machine) => void;
}

/** Tells a story to its end, and closes both programs. */
export async function scene(options: SceneOptions, story: (scene: Scene) => Promise<void>): Promise<void> {
  const { seed = 1, network } = options;
  const world = makeWorld({ seed, network: { ...links, ...network } });
  for (const name of ['a', 'b', 'c']) world.addMachine(exact(name));
  const start = async (machine: Machine): Promise<Messenger> => {
    const server = new Messenger({ listen: here, ...options.server }, machine);
    await server.listen();
    options.serve?.(server, machine);
    return server;
  };
  let server: Messenger | undefined;
  await tell(world, 'b', async (machine) => {
    server = await start(machine);
  });
  let isOver = false;
  world.machine('a').start(async (machine) => {
    const client = new Messenger(options.client ?? {}, machine);
    await story({
      world,
      server: server as Messenger,
      client,
      peer: client.peer(here),
      machine,
      sleep: (forMs) => sleep(machine, forMs),
      revive: () =>
        new Promise((resolve) => {
          world.machine('b').start(async (again) => resolve(await start(again)));
        }),
    });
    await client.close();
    isOver = true;
  });
  await world.runWhile(() => !isOver, world.nowMs + storyMsMax);
  assert(isOver, 'a story ends within its time: something waits that nobody settles');
}

export function bytes(words: string): Uint8Array {
  return new TextEncoder().encode(words);
}

export function textOf(body: Uint8Array): string {
  return new TextDecoder().decode(body);
}

/** Everything that comes on a stream, as one. */
export async function all(stream: MessageStream): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** The next items of a subscription, so many of them. */
export async function take(subscription: Subscription, count: number): Promise<SubscriptionItem[]> {
  const items: SubscriptionItem[] = [];
  const iterator = subscription[Symbol.asyncIterator]();
  while (items.length < count) {
    const { done, value } = await iterator.next();
    if (done === true) break;
    items.push(value);
  }
  return items;
}

/** How a promise ended. */
export async function outcomeOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    return await promise;
  } catch (error) {
    return error;
  }
}
