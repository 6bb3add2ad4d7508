/**
 * Recipes on ZooKeeper 3.6 and later, by a client of our own over its wire protocol: no package and no native build.
 * An Apache Curator service can share its locks, because appended items are named like those of Curator's recipes.
 */
import { type Duration, durationMs, invalidOption, QuorateError } from '../../base/index.ts';
import type { ClientTls, Clock, Network, Random } from '../../ports/index.ts';
import { realClock, realNetwork, realRandom } from '../../ports/real/index.ts';
import type { Engine, EngineLimits } from '../port/index.ts';
import { parseZookeeperUrl } from './address.ts';
import { type Call, Calls } from './calls.ts';
import {
  type Credentials,
  Seen,
  ServerOrder,
  type ServerSettings,
  tooOld,
  ZookeeperClient,
} from './connection/index.ts';
import { Identities } from './identities.ts';
import { Layout } from './layout.ts';
import { askVersion } from './server-version.ts';
import { bodyOf, Tree } from './tree.ts';
import { WatchHub } from './watch-hub.ts';
import { closeRequest, ephemeralsRequest, errorNumbers } from './wire/index.ts';
import { type ZookeeperCapabilities, ZookeeperEngine } from './zookeeper-engine.ts';

export type { Credentials } from './connection/index.ts';
export { type ZookeeperCapabilities, zookeeperNotes, zookeeperProvides } from './zookeeper-engine.ts';

export interface ZookeeperOptions {
  /** Before every key, below the path in the address. Default `quorate/`; `''` for the layout of other programs. */
  readonly prefix?: string;
  /** How long a call may take that says nothing of its own, and opening. Default 5 s. */
  readonly deadline?: Duration;
  /** Shown to each server, beside what the address has. */
  readonly auth?: readonly Credentials[];
  /** Who may use the nodes that are made: `anyone`, or only who shows the same credentials. Default: `creator` where there are credentials. */
  readonly access?: 'anyone' | 'creator';
  /** Default: plain TCP. */
  readonly tls?: ClientTls;
  /** What a read waits for, see the notes on `linearizable-reads`. Default `leader`. */
  readonly barrier?: 'leader' | 'majority';
  /** Most bytes of one answer, such as the names in a directory. Default 16 MiB. */
  readonly answerBytesMax?: number;
  /** Most bytes of one request: the `jute.maxbuffer` of the servers. Default theirs, 1,048,575. */
  readonly requestBytesMax?: number;
  /** Default: the system's. */
  readonly clock?: Clock;
  readonly random?: Random;
  readonly network?: Network;
}

/** Of the main session: short enough that a connection that says nothing is noticed within a call. */
const mainTimeoutMs = 6_000;
const deadlineMsDefault = 5_000;
const timeoutMsMost = 0x7fff_ffff;
/** Of a request, for all but the value of one item. */
const overheadBytes = 48_575;
const keyBytesMax = 900;

/** Connects; rejects when no server answers as it should within the deadline. */
export async function openZookeeper(
  url: string,
  options: ZookeeperOptions = {},
): Promise<Engine<ZookeeperCapabilities>> {
  const { clock = realClock(), random = realRandom(), network = realNetwork(), tls } = options;
  const { servers, chroot, credentials } = parseZookeeperUrl(url);
  const auth = [...(credentials === undefined ? [] : [credentials]), ...(options.auth ?? [])];
  const { requestBytesMax = 0xf_ffff, answerBytesMax = 16 << 20 } = options;
  checkBytes('requestBytesMax', requestBytesMax, 2 * overheadBytes);
  checkBytes('answerBytesMax', answerBytesMax, requestBytesMax);
  const seen = new Seen();
  const order = new ServerOrder(servers);
  const settings = { network, clock, random, order, tls, auth, answerBytesMax, requestBytesMax, seen };
  const closing = new AbortController();
  const deadlineMs =
    options.deadline === undefined ? deadlineMsDefault : durationMs(options.deadline, 'deadline');
  const hub = new WatchHub();
  let main: ZookeeperClient | undefined;
  const failure = (): QuorateError | undefined => main?.failure;
  const calls = new Calls({ clock, deadlineMs, failure, closing: closing.signal });
  try {
    const { client, limits } = await calls.run({}, async (call) => {
      const range = await askRange(settings, call, (asking) => {
        main = asking;
      });
      const timeoutMs = Math.min(Math.max(mainTimeoutMs, range.ttlMsMin), range.ttlMsMax);
      main = new ZookeeperClient({
        settings,
        timeoutMs,
        renews: true,
        onConnected: (link) => hub.connected(link),
        onDisconnected: () => hub.disconnected(),
        onEnded: (reason) => hub.ended(reason),
        onEvent: (event) => hub.event(event),
      });
      await checkRelease(main, settings, call);
      return {
        client: main,
        limits: { ...range, valueBytesMax: requestBytesMax - overheadBytes, keyBytesMax },
      };
    });
    const tree = new Tree({
      client,
      layout: new Layout(chroot, options.prefix ?? 'quorate/'),
      seen,
      identities: new Identities(),
      access: accessOf(options.access ?? (auth.length > 0 ? 'creator' : 'anyone')),
      barrier: options.barrier ?? 'leader',
    });
    return new ZookeeperEngine({ settings, limits, main: client, tree, hub, calls, closing });
  } catch (error) {
    await main?.close();
    // Why nobody could be reached says more than that it took too long.
    if (
      error instanceof QuorateError &&
      error.code === 'deadline-exceeded' &&
      error.cause instanceof QuorateError
    )
      throw error.cause;
    throw error;
  }
}

/** What the servers grant: the least and the most are answered to who asks for less and for more. */
async function askRange(
  settings: ServerSettings,
  call: Call,
  onAsking: (client: ZookeeperClient) => void,
): Promise<Pick<EngineLimits, 'ttlMsMin' | 'ttlMsMax'>> {
  const granted = async (timeoutMs: number): Promise<number> => {
    const client = new ZookeeperClient({ settings, timeoutMs, renews: false });
    onAsking(client);
    try {
      const link = await client.connected(call.signal);
      client.leaves();
      await link.request(closeRequest());
      return client.grantedMs;
    } finally {
      await client.close();
    }
  };
  return { ttlMsMin: await granted(1), ttlMsMax: await granted(timeoutMsMost) };
}

/** A release without persistent watches does not know this question either, and closes the connection over it. */
async function checkRelease(client: ZookeeperClient, settings: ServerSettings, call: Call): Promise<void> {
  const link = await client.connected(call.signal);
  const reply = await link.request(ephemeralsRequest('/'));
  if (reply.error !== errorNumbers.unimplemented) {
    bodyOf(link, reply);
    return;
  }
  const { network, tls } = settings;
  const { address } = link;
  throw tooOld(address, await askVersion({ network, address, tls, signal: call.signal }));
}

function accessOf(access: 'anyone' | 'creator'): { readonly scheme: string; readonly id: string } {
  return access === 'anyone' ? { scheme: 'world', id: 'anyone' } : { scheme: 'auth', id: '' };
}

function checkBytes(option: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least || value > 1 << 30)
    throw invalidOption(option, value, `a whole number of bytes from ${least} to ${1 << 30}`);
}
