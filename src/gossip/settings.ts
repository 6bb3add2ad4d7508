/**
 * How fast a cluster of gossiping nodes notices and tells, as options that are judged once. The defaults suit nodes
 * of one region by the hundred; all members of a cluster should have the same. What they mean together, and which
 * bound on detection follows from them, is in `detection-bound.ts`.
 */
import { type Duration, durationMs, invalidOption } from '../base/index.ts';

export interface SwimOptions {
  /** How often a node probes the next member, and how long that member has to answer all told. Default 1 s. */
  readonly probePeriod?: Duration;
  /** How long a member has to answer directly, before others are asked to try. Default 500 ms; below the period. */
  readonly probeTimeout?: Duration;
  /** How many others are asked. Default 3. */
  readonly indirectProbes?: number;
  /** How often news are sent on by themselves while there are any. Default 200 ms. */
  readonly gossipPeriod?: Duration;
  /** To how many members at a time. Default 3. */
  readonly gossipFanout?: number;
  /** A node sends each piece of news this many times the order of magnitude of the cluster. Default 6. */
  readonly retransmitFactor?: number;
  /**
   * The least time a suspect has to contradict: this many probe periods, times the order of magnitude of the cluster.
   * Default 6, which outlives a pause of five seconds. Shorter finds the dead sooner and takes the slow for dead.
   */
  readonly suspicionFactor?: number;
  /** How many times longer the time is while nobody else suspects it too. Default 4. */
  readonly suspicionMaxFactor?: number;
  /** How many times slower a node becomes at most that finds itself in trouble. Default 8. */
  readonly localHealthMax?: number;
  /** How often all that is known is compared with another member. Default 30 s. */
  readonly exchangePeriod?: Duration;
  /** How often one of the dead, or a seed that is not a member, is spoken to in case it is back. Default 15 s. */
  readonly revivePeriod?: Duration;
  /** For how long the dead and those who left are remembered. Default 1 h. */
  readonly forgetAfter?: Duration;
  /** Members that are remembered, the dead among them, who make room first; more are refused. Default 4,096. */
  readonly membersMax?: number;
  /** What a member may say of itself, in bytes. Default 512. */
  readonly metadataBytesMax?: number;
  /** The largest datagram, before it is sealed. Default 1,180, which fits where IPv6 does. */
  readonly packetBytesMax?: number;
  /** The largest message of a full exchange, which is split into as many as it needs. Default 65,536. */
  readonly exchangeBytesMax?: number;
  /**
   * Of an incarnation further above the one known others are not believed: nobody gets so far honestly. The member
   * itself is, and newcomers are, up to 256 times as far. Default 2³².
   */
  readonly incarnationJumpMax?: number;
}

/** The same, filled and in milliseconds. */
export interface SwimSettings {
  readonly probePeriodMs: number;
  readonly probeTimeoutMs: number;
  readonly indirectProbes: number;
  readonly gossipPeriodMs: number;
  readonly gossipFanout: number;
  readonly retransmitFactor: number;
  readonly suspicionFactor: number;
  readonly suspicionMaxFactor: number;
  readonly localHealthMax: number;
  readonly exchangePeriodMs: number;
  readonly revivePeriodMs: number;
  readonly forgetAfterMs: number;
  readonly membersMax: number;
  readonly metadataBytesMax: number;
  readonly packetBytesMax: number;
  readonly exchangeBytesMax: number;
  readonly incarnationJumpMax: number;
}

/** In bytes of UTF-8. */
export const idBytesMax = 127;
export const addressBytesMax = 255;

/** What a datagram holds beside the metadata of one member: the header with its names, and those of the claim. */
const packetOverheadBytes = 640;

/** A datagram of an accusation with the most and the longest names, which have no metadata beside them. */
const accusationPacketBytes = 800;

/** What the header of a full exchange is longer by than that of news alone: it names the cluster and an address. */
const exchangeHeaderBytes = 520;

export function swimSettings(options: SwimOptions = {}): SwimSettings {
  const metadataBytesMax = whole('metadataBytesMax', options.metadataBytesMax, 512, 1, 32_768);
  const packetLeast = Math.max(metadataBytesMax + packetOverheadBytes, accusationPacketBytes);
  const exchangeLeast = packetLeast + exchangeHeaderBytes;
  const packetBytesMax = whole('packetBytesMax', options.packetBytesMax, 1_180, packetLeast, 65_000);
  const probePeriodMs = length('probePeriod', options.probePeriod, 1_000, 10);
  const probeTimeoutMs = length('probeTimeout', options.probeTimeout, probePeriodMs / 2, 1);
  if (probeTimeoutMs >= probePeriodMs) {
    throw invalidOption('probeTimeout', options.probeTimeout, 'shorter than probePeriod, or nobody is asked');
  }
  return {
    probePeriodMs,
    probeTimeoutMs,
    indirectProbes: whole('indirectProbes', options.indirectProbes, 3, 0, 32),
    gossipPeriodMs: length('gossipPeriod', options.gossipPeriod, 200, 1),
    gossipFanout: whole('gossipFanout', options.gossipFanout, 3, 1, 32),
    retransmitFactor: whole('retransmitFactor', options.retransmitFactor, 6, 1, 100),
    suspicionFactor: whole('suspicionFactor', options.suspicionFactor, 6, 1, 1_000),
    suspicionMaxFactor: whole('suspicionMaxFactor', options.suspicionMaxFactor, 4, 1, 100),
    localHealthMax: whole('localHealthMax', options.localHealthMax, 8, 1, 100),
    exchangePeriodMs: length('exchangePeriod', options.exchangePeriod, 30_000, 10),
    revivePeriodMs: length('revivePeriod', options.revivePeriod, 15_000, 10),
    forgetAfterMs: length('forgetAfter', options.forgetAfter, 3_600_000, 1),
    membersMax: whole('membersMax', options.membersMax, 4_096, 2, 1_000_000),
    metadataBytesMax,
    packetBytesMax,
    exchangeBytesMax: whole('exchangeBytesMax', options.exchangeBytesMax, 65_536, exchangeLeast, 1 << 24),
    incarnationJumpMax: whole('incarnationJumpMax', options.incarnationJumpMax, 2 ** 32, 1, 2 ** 48),
  };
}

/** How many times a piece of news is sent in a cluster of so many: enough that the odds of missing somebody vanish. */
export function retransmissions(members: number, { retransmitFactor }: SwimSettings): number {
  return retransmitFactor * Math.ceil(Math.log10(members + 1));
}

function whole(
  option: string,
  given: number | undefined,
  standard: number,
  least: number,
  most: number,
): number {
  const value = given ?? standard;
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  throw invalidOption(option, value, `a whole number from ${least} to ${most}`);
}

function length(option: string, value: Duration | undefined, standardMs: number, leastMs: number): number {
  const milliseconds = durationMs(value ?? standardMs, option);
  if (milliseconds >= leastMs && milliseconds <= yearMs) return milliseconds;
  throw invalidOption(option, value, `from ${leastMs} ms to a year`);
}

const yearMs = 365 * 86_400_000;
