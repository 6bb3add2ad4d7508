/** From options to a member that runs: what is wrong is refused before a port is open, and nothing stays open after a failure. */

import { invalidOption, Prng } from '../base/index.ts';
import { Swim, type SwimInit, swimSettings } from '../gossip/index.ts';
import { addressText, type Cryptography, type Machine, type Random } from '../ports/index.ts';
import { realCryptography, realMachine, realRandom, silentLog } from '../ports/real/index.ts';
import { ClockSense } from './clock-sense.ts';
import { noCounts } from './counters.ts';
import { Envelope } from './envelope.ts';
import { GossipingMember } from './gossiping-member.ts';
import type { Membership } from './membership.ts';
import {
  type MembershipMachine,
  type MembershipOptions,
  type MembershipSettings,
  membershipSettings,
} from './options.ts';
import { PartitionSense, type PartitionSenseInit } from './partition-sense.ts';
import { openTransport, type Transport } from './transport.ts';

/** What is not in the settings, or other than there. */
type CoreInit = Omit<SwimInit, 'id' | 'cluster' | 'options'>;

/**
 * Opens this member's port and begins to look for the others. It resolves without waiting for them: a first member
 * has nobody to wait for. `membership.until` waits for whatever a program needs.
 */
export async function joinMembership(options: MembershipOptions): Promise<Membership> {
  const settings = membershipSettings(options);
  const own = options.machine === undefined ? ownMachine(settings) : undefined;
  const machine: MembershipMachine = options.machine ?? (own as MembershipMachine);
  const cryptography = options.cryptography ?? realCryptography();
  let transport: Transport | undefined;
  let member: GossipingMember | undefined;
  try {
    const { random } = machine;
    const envelope = envelopeOf(settings, cryptography, random);
    const clocks = clocksOf(settings);
    const counters = noCounts();
    const startedMs = machine.clock.wall();
    const partition = partitionOf(settings, {
      startedMs,
      log: machine.log,
      counters,
      forgotten: (id) => member?.forget(id),
      settled: () => member?.retell(),
      act: (step) => member?.judge(step),
    });
    const { packetBytesMax, exchangeBytesMax } = swimSettings(settings.gossip);
    transport = await openTransport({
      ...machine,
      listen: settings.listen,
      envelope,
      counters,
      messageBytesMax: exchangeBytesMax,
      // What comes before the member is there is lost, as packets may be.
      received: (received) => member?.receive(received),
    });
    if (packetBytesMax > transport.packetBytesMax) {
      const most = `at most ${transport.packetBytesMax}, which is what the datagrams of this machine carry`;
      throw invalidOption('gossip.packetBytesMax', packetBytesMax, most);
    }
    const { host, port } = settings.advertise;
    const core = coreOf(settings, {
      address: addressText({ host, port: port === 0 ? transport.port : port }),
      incarnation: firstIncarnation(startedMs),
      metadata: partition?.metadata(settings.metadata) ?? settings.metadata,
      waitedFor: () => partition?.lost ?? [],
      random: new Prng(random.uint32()),
      nowMs: machine.clock.now(),
    });
    const release = (): void => own?.loopDelay.close();
    const parts = { settings, machine, envelope, counters, clocks, transport, core, partition, release };
    member = new GossipingMember(parts);
    return member;
  } catch (error) {
    await transport?.close();
    own?.loopDelay.close();
    throw error;
  }
}

/**
 * Refuses what `joinMembership` would refuse, and opens nothing: for who does much else before it joins. Whether the
 * port is free, and what datagrams carry, only joining tells.
 */
export function checkMembership(options: MembershipOptions): void {
  const settings = membershipSettings(options);
  const { cryptography = realCryptography() } = options;
  envelopeOf(settings, cryptography, realRandom());
  clocksOf(settings);
  const [log, counters] = [silentLog(), noCounts()];
  const hooks = { forgotten: ignored, settled: ignored, act: ignored };
  const partition = partitionOf(settings, { startedMs: 0, log, counters, ...hooks });
  const metadata = partition?.metadata(settings.metadata) ?? settings.metadata;
  coreOf(settings, { metadata, address: addressText(settings.advertise), random: new Prng(0), nowMs: 0 });
}

function ignored(): void {
  // Of a member that never is nobody hears.
}

function clocksOf({ id, clocks }: MembershipSettings): ClockSense {
  return new ClockSense(id, clocks);
}

function partitionOf(
  { id, partition, gossip }: MembershipSettings,
  init: Omit<PartitionSenseInit, 'self' | 'options' | 'gossip'>,
): PartitionSense | undefined {
  if (partition === undefined) return undefined;
  return new PartitionSense({ ...init, self: id, options: partition, gossip: swimSettings(gossip) });
}

function envelopeOf(settings: MembershipSettings, cryptography: Cryptography, random: Random): Envelope {
  return new Envelope({ ...settings, cryptography, random });
}

function coreOf({ id, cluster, gossip }: MembershipSettings, init: CoreInit): Swim {
  return new Swim({ ...init, id, cluster, options: gossip });
}

/**
 * Looks for stalls so often that none of one and a half times `stallMin` passes unseen. The usual 20 ms would take more
 * of a processor than all that a quiet member does besides.
 */
function ownMachine({ stallMinMs }: MembershipSettings): Machine {
  const resolutionMs = Math.min(Math.max(1, stallMinMs / 2), 10_000);
  return realMachine({ log: silentLog(), loopDelay: { resolutionMs } });
}

const incarnationMax = 2 ** 32 - 1;

/**
 * The second in which it starts, so that a later life of a member is usually above an earlier one from its first
 * word. Where the clock was set back it is not, and the member goes above it as soon as it hears of it.
 */
function firstIncarnation(wallMs: number): number {
  return Math.min(Math.max(0, Math.floor(wallMs / 1_000)), incarnationMax);
}
