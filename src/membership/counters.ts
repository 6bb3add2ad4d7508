/** What a member has sent, received and refused, as numbers that only grow: read by whoever makes metrics of them. */
import { type Refusal, type RefusalCounts, refusals } from '../gossip/index.ts';
import type { EnvelopeFault } from './envelope.ts';

/**
 * Why something that came was not believed: what the envelope and the core refuse, and
 * - `incomplete`: a connection that ended, or lasted too long, before its message was whole.
 * - `busy`: a connection that had waited for longest when there were more than are served at once.
 */
export type RefusalReason = Refusal | EnvelopeFault | 'incomplete' | 'busy';

const reasons: readonly RefusalReason[] = [
  ...refusals,
  'wrong-key',
  'unsealed',
  'replay',
  'incomplete',
  'busy',
];

export interface MembershipCounters {
  readonly packetsSent: number;
  readonly packetBytesSent: number;
  readonly packetsReceived: number;
  readonly packetBytesReceived: number;
  /** Messages over connections: what is too large for a packet. */
  readonly messagesSent: number;
  readonly messagesReceived: number;
  /** Could not be sent, and are as good as lost on the way: packets without a way, messages that found nobody or no room. */
  readonly sendsDropped: number;
  /** Packets sealed with the present key; before 2³² of all members together the key is to be exchanged. */
  readonly packetsSealed: number;
  readonly refused: Readonly<Record<RefusalReason, number>>;
  /** Events by their kind; a kind that never came is not in it. */
  readonly events: ReadonlyMap<string, number>;
  /** Clock exchanges that told nothing. */
  readonly clockFaults: number;
  /** Times at which this process stood still for longer than `stallMin`. */
  readonly stalls: number;
  /** Seed functions that failed. */
  readonly seedFailures: number;
  /** Questions for the lease of a partition that failed. */
  readonly leaseFailures: number;
  /** Listeners of events that threw. */
  readonly listenerFailures: number;
}

/** What is raised here; the rest is counted elsewhere. */
export type RaisedCounters = {
  -readonly [Name in Exclude<keyof MembershipCounters, 'refused' | 'events' | 'packetsSealed'>]: number;
} & {
  readonly refused: Record<RefusalReason, number>;
  readonly events: Map<string, number>;
};

export function noCounts(): RaisedCounters {
  return {
    packetsSent: 0,
    packetBytesSent: 0,
    packetsReceived: 0,
    packetBytesReceived: 0,
    messagesSent: 0,
    messagesReceived: 0,
    sendsDropped: 0,
    refused: Object.fromEntries(reasons.map((reason) => [reason, 0])) as Record<RefusalReason, number>,
    events: new Map(),
    clockFaults: 0,
    stalls: 0,
    seedFailures: 0,
    leaseFailures: 0,
    listenerFailures: 0,
  };
}

/** What is counted elsewhere: by the core, by the system’s sockets, and by the envelope. */
export interface OtherCounts {
  readonly refusals: RefusalCounts;
  readonly packetsDropped: number;
  readonly packetsSealed: number;
}

/** All of it as one value. */
export function withOthers(
  raised: RaisedCounters,
  { refusals: ofCore, packetsDropped, packetsSealed }: OtherCounts,
): MembershipCounters {
  const refused = { ...raised.refused };
  for (const refusal of refusals) refused[refusal] += ofCore[refusal];
  const sendsDropped = raised.sendsDropped + packetsDropped;
  return { ...raised, sendsDropped, packetsSealed, refused, events: new Map(raised.events) };
}
