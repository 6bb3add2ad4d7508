/**
 * What a program uses to talk to others: it serves requests, messages and streams by name, publishes, and reaches
 * others as peers. One messenger serves a whole program, in both directions.
 */
import { crc32, type Duration, durationMs, invalidOption, Prng } from '../../base/index.ts';
import type { Address, Machine, Network } from '../../ports/index.ts';
import type { Checksum } from '../frame.ts';
import { SecuredNetwork } from '../secured-network.ts';
import { Doorway } from './doorway.ts';
import { asClient, type MessagingTls } from './messaging-tls.ts';
import { packetOverheadBytes } from './packet.ts';
import { Peer } from './peer.ts';
import { Publisher } from './publisher.ts';
import { closedError, tooLarge } from './refusals.ts';
import {
  type MessageHandler,
  type RequestHandler,
  register,
  Services,
  type StreamHandler,
} from './services.ts';
import { type MessagingTerms, termsOf } from './terms.ts';

/** What a messenger needs of a machine. */
export type MessagingMachine = Pick<Machine, 'clock' | 'random' | 'network' | 'log'>;

export interface MessengerOptions {
  /** Where others connect; port 0 takes a free one. Absent: nobody can, and this program reaches others. */
  readonly listen?: Address;
  /** Which programs belong together: who says another word is turned away. Default: the empty one. */
  readonly cluster?: string;
  /** Absent: connections are plain TCP, and whoever reaches the port is let in. */
  readonly tls?: MessagingTls;
  /** How long answers are waited for, where a call does not say. Default 5 s. */
  readonly timeout?: Duration;
  /** How long another program may take to accept a connection and to greet. Default 2 s. */
  readonly connectTimeout?: Duration;
  /** Most connections to one peer; another one is made while 64 calls or streams are open on each. Default 1. */
  readonly connectionsMax?: number;
  /** A connection that nobody has used for so long is closed, and made again when it is needed. Default 1 m. */
  readonly idle?: Duration;
  /**
   * A peer that gives no sign of life for twice as long is taken for lost, and a caller for six times as long; what
   * waits fails. Programs that talk to each other say the same. Default 5 s.
   */
  readonly heartbeat?: Duration;
  /** Pauses before a peer is tried again double from the first to the second, half of each at random. Defaults 20 ms and 1 s. */
  readonly retryPause?: Duration;
  readonly retryPauseMax?: Duration;
  /** What one connection may cost, from either side. */
  readonly limits?: Partial<MessagingTerms>;
  /** Connections that others may have to this program; more are turned away. Default 16,384. */
  readonly callersMax?: number;
  /**
   * Bytes that may wait for a slow connection: beyond it messages without an answer are refused, and events are left
   * out. Default 4 MiB.
   */
  readonly unsentBytesMax?: number;
}

/** Calls, or messages, that may wait for a connection to one peer; messages of one caller that are handled at once. */
const waitingMax = 4096;
const peersMax = 16_384;

export class Messenger implements AsyncDisposable {
  readonly #options: MessengerOptions;
  readonly #machine: MessagingMachine;
  readonly #checksum: Checksum;
  readonly #terms: MessagingTerms;
  readonly #services = new Services();
  readonly #publisher = new Publisher();
  readonly #doorway: Doorway;
  readonly #network: Network;
  readonly #prng: Prng;
  readonly #peers = new Map<string, Peer>();
  #tls: MessagingTls | undefined;
  #isClosed = false;

  /** `openMessenger` makes one; this one does not listen yet. */
  constructor(options: MessengerOptions, machine: MessagingMachine, checksum: Checksum = crc32) {
    const { cluster = '', tls, limits = {}, callersMax = 16_384, unsentBytesMax = 4 << 20 } = options;
    this.#options = options;
    this.#machine = machine;
    this.#checksum = checksum;
    this.#terms = termsOf(limits);
    this.#tls = tls;
    this.#prng = new Prng(machine.random.uint32());
    checkCount('connectionsMax', options.connectionsMax ?? 1, 64);
    checkCount('callersMax', callersMax, 1 << 20);
    checkCount('unsentBytesMax', unsentBytesMax, 1 << 30);
    const { clock, network, log } = machine;
    this.#network =
      tls === undefined ? network : new SecuredNetwork(network, () => asClient(this.#tls as MessagingTls));
    const shared = { clock, log, checksum, cluster, terms: this.#terms, network, unsentBytesMax };
    this.#doorway = new Doorway(
      {
        ...shared,
        services: this.#services,
        publisher: this.#publisher,
        messagesMax: waitingMax,
        // A peer that is there says something more often by far.
        silenceMsMax: 6 * durationMs(options.heartbeat ?? '5s', 'heartbeat'),
        connectionsMax: callersMax,
      },
      tls,
    );
  }

  /** For `openMessenger`: once, before it is used. */
  async listen(): Promise<void> {
    if (this.#options.listen !== undefined) await this.#doorway.listen(this.#options.listen);
  }

  /** Where it listens; absent where it does not. */
  get address(): Address | undefined {
    return this.#doorway.address;
  }

  /** Connections of others now, those turned away, and events that slow subscribers have missed, since the start. */
  get figures(): { readonly callers: number; readonly refused: number; readonly eventsMissed: number } {
    const { connections, refused } = this.#doorway;
    return { callers: connections, refused, eventsMissed: this.#publisher.missed };
  }

  /** Answers requests of this name; the result takes the handler away. */
  answer(name: string, handler: RequestHandler): () => void {
    return register(this.#services.requests, name, handler);
  }

  /** Takes messages of this name, which nobody waits for; the result takes the handler away. */
  receive(name: string, handler: MessageHandler): () => void {
    return register(this.#services.messages, name, handler);
  }

  /** Takes streams of this name; the result takes the handler away. */
  accept(name: string, handler: StreamHandler): () => void {
    return register(this.#services.streams, name, handler);
  }

  /** Tells everybody who has subscribed here, at most once each, and waits for nobody. */
  publish(subject: string, body: Uint8Array): void {
    const limit = this.#terms.frameBytesMax - packetOverheadBytes;
    const bytes = subject.length + body.length;
    if (bytes > limit) throw tooLarge('publication', bytes, limit, 'not-applied');
    this.#publisher.publish(subject, body);
  }

  /** Another program; the same address gives the same peer. It is connected to when it is first used. */
  peer(address: Address): Peer {
    const key = `${address.host}:${address.port}`;
    const known = this.#peers.get(key);
    if (known !== undefined) return known;
    if (this.#isClosed) throw closedError('the messenger', 'not-applied');
    if (this.#peers.size >= peersMax)
      throw invalidOption('address', key, `one of at most ${peersMax} peers; use another messenger`);
    const peer = this.#makePeer(address);
    this.#peers.set(key, peer);
    return peer;
  }

  /** Certificates and authorities from the next handshake on, both ways; throws, and keeps the old ones, where they cannot be. */
  reloadTls(tls: MessagingTls): void {
    if (this.#tls === undefined)
      throw invalidOption('tls', 'certificates', 'absent: this messenger began without TLS');
    this.#doorway.reloadTls(tls);
    this.#tls = tls;
  }

  /** Ends all connections; whatever waits is settled. May be called twice. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const peer of this.#peers.values()) peer.close(closedError('the messenger', 'unknown'));
    await this.#doorway.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #makePeer(address: Address): Peer {
    const { timeout = '5s', connectTimeout = '2s', idle = '1m', heartbeat = '5s' } = this.#options;
    const { connectionsMax = 1, retryPause = 20, retryPauseMax = '1s', cluster = '' } = this.#options;
    const { unsentBytesMax = 4 << 20 } = this.#options;
    return new Peer({
      clock: this.#machine.clock,
      log: this.#machine.log,
      prng: this.#prng.fork(),
      address,
      timeoutMs: durationMs(timeout, 'timeout'),
      connectionsMax,
      pauses: {
        leastMs: durationMs(retryPause, 'retryPause'),
        mostMs: durationMs(retryPauseMax, 'retryPauseMax'),
      },
      waitingMax,
      unsentBytesMax,
      link: {
        network: this.#network,
        checksum: this.#checksum,
        cluster,
        terms: this.#terms,
        connectMsMax: durationMs(connectTimeout, 'connectTimeout'),
        heartbeatMs: durationMs(heartbeat, 'heartbeat'),
        idleMsMax: durationMs(idle, 'idle'),
      },
    });
  }
}

function checkCount(option: string, value: number, most: number): void {
  if (!Number.isInteger(value) || value < 1 || value > most)
    throw invalidOption(option, value, `a whole number from 1 to ${most}`);
}
