/** What a member is told when it joins. Judged once, at the start, so that what is wrong is named before a port is open. */
import { type Duration, durationMs, invalidOption } from '../base/index.ts';
import type { FailureDetector } from '../gossip/detection/index.ts';
import type { MemberMetadata, SwimOptions } from '../gossip/index.ts';
import { type Address, addressText, type Cryptography, type Machine } from '../ports/index.ts';
import type { ClockOffsetsOptions } from '../time/index.ts';
import type { GossipKey } from './key-ring.ts';
import { checkedAddress } from './member-address.ts';
import type { PartitionOptions } from './partition-sense.ts';
import { type Seeds, seedTexts } from './seeds.ts';

/** What a member needs of its machine. */
export type MembershipMachine = Pick<
  Machine,
  'clock' | 'random' | 'network' | 'datagrams' | 'log' | 'loopDelay'
>;

export interface MembershipOptions {
  /** The name under which this member is known, its own among all: of two with one name the later is not believed. */
  readonly id: string;
  /** Members of clusters with other names refuse each other. */
  readonly cluster: string;
  /**
   * What members seal their packets with, the first of several; they open with any. `'none'`: packets are plain, and
   * whoever reaches the port can read, forge and join.
   */
  readonly keys: readonly GossipKey[] | 'none';
  /** For packets and connections, such as `0.0.0.0:7946`; port 0 takes a free one. */
  readonly listen: Address | string;
  /** Where the others find this member, by an address or a name; port 0 is the one listened on. Default: what it listens on, which must be an address of this machine then. */
  readonly advertise?: Address | string;
  /** Whom to turn to first. Default: nobody, for the first member of a cluster. */
  readonly seeds?: Seeds;
  /** What this member says of itself. */
  readonly metadata?: MemberMetadata;
  /** How fast failures are noticed and news travel; the same for all members. */
  readonly gossip?: SwimOptions;
  /** How far clocks may be off. */
  readonly clocks?: Omit<ClockOffsetsOptions, 'self'>;
  /** What this member may still do when others are lost. Default: everything, and nobody judges. */
  readonly partition?: PartitionOptions;
  /**
   * A second opinion: told of each word of a member, of goodbyes and of stalls, for the program to ask. It decides
   * nothing here. Default: none.
   */
  readonly detector?: FailureDetector;
  /** A stall of this process from which on it says so to itself, and doubts its own judgement. Default 250 ms. */
  readonly stallMin?: Duration;
  /** Events that wait for a reader of `changes()`. Default 1,024. */
  readonly changesMax?: number;
  /** Default: the machine that this process runs on. */
  readonly machine?: MembershipMachine;
  /** Default: that of OpenSSL. */
  readonly cryptography?: Cryptography;
}

export interface MembershipSettings {
  readonly id: string;
  readonly cluster: string;
  readonly keys: readonly GossipKey[] | 'none';
  readonly listen: Address;
  /** The port is 0 for the one that was found. */
  readonly advertise: Address;
  readonly seeds: Seeds;
  readonly metadata: MemberMetadata;
  readonly gossip: SwimOptions;
  readonly clocks: Omit<ClockOffsetsOptions, 'self'>;
  readonly partition: PartitionOptions | undefined;
  readonly detector: FailureDetector | undefined;
  readonly stallMinMs: number;
  readonly changesMax: number;
}

const wildcards: ReadonlySet<string> = new Set(['0.0.0.0', '::', '']);

export function membershipSettings(options: MembershipOptions): MembershipSettings {
  const { id, cluster, keys, seeds = [], metadata = {}, gossip = {}, clocks = {} } = options;
  const listen = checkedAddress('listen', options.listen, 0);
  const advertise = checkedAddress('advertise', options.advertise ?? listen, 0);
  if (wildcards.has(advertise.host)) {
    throw invalidOption(
      'advertise',
      options.advertise && addressText(advertise),
      `an address at which others find this member; ${advertise.host} is none`,
    );
  }
  if (keys === undefined)
    throw invalidOption('keys', keys, "a list of keys, or 'none' for packets that anybody can forge");
  if (typeof seeds !== 'function') seedTexts(seeds);
  return {
    id,
    cluster,
    keys,
    listen,
    advertise,
    seeds,
    metadata,
    gossip,
    clocks,
    partition: options.partition,
    detector: options.detector,
    stallMinMs: checkedStall(options.stallMin ?? 250),
    changesMax: checkedCount('changesMax', options.changesMax ?? 1_024),
  };
}

function checkedStall(stallMin: Duration): number {
  const stallMinMs = durationMs(stallMin, 'stallMin');
  if (stallMinMs >= 1) return stallMinMs;
  throw invalidOption('stallMin', stallMin, 'at least 1 ms');
}

function checkedCount(option: string, count: number): number {
  if (Number.isSafeInteger(count) && count >= 1) return count;
  throw invalidOption(option, count, 'a whole number from 1 on');
}
