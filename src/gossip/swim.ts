/**
 * One node that gossips: SWIM with the refinements of Lifeguard, as a machine without a clock, a network or chance
 * of its own. Packets and time go in, packets and events come out. This file joins the parts and reads the packets;
 * what each part does, and why, stands with it.
 */
import { assert, invalidOption, type Prng } from '../base/index.ts';
import { Beliefs } from './beliefs.ts';
import { Broadcasts } from './broadcasts.ts';
import type { Claim } from './claim.ts';
import { LocalHealth } from './local-health.ts';
import type { Member } from './member.ts';
import { checkedMetadata, type MemberMetadata, textBytes } from './metadata.ts';
import { Outbox, type PacketCounts } from './outbox.ts';
import type { Moment, Output } from './output.ts';
import { OwnLife, type Phase } from './own-life.ts';
import { clusterNumber, decodePacket, type Packet } from './packet.ts';
import { Prober, unawaited } from './prober.ts';
import { noRefusals, type Refusal, type RefusalCounts } from './refusals.ts';
import { Relays } from './relays.ts';
import { Reunion } from './reunion.ts';
import { type Believed, believed, Roster } from './roster.ts';
import {
  addressBytesMax,
  idBytesMax,
  type SwimOptions,
  type SwimSettings,
  swimSettings,
} from './settings.ts';
import { Conflicts, type Workings } from './workings.ts';

export interface SwimInit {
  /** Unique in the cluster; 1 to 127 bytes. */
  readonly id: string;
  /** How others reach this node; 1 to 255 bytes. Nobody here reads it. */
  readonly address: string;
  /** The name of the cluster: packets of another one are refused. */
  readonly cluster: string;
  /**
   * Where to begin; default 0. Others are told apart from earlier lives of this node by it, and a node that begins
   * below an earlier life finds that out at the first contact and goes above it. Whole seconds of the time of day
   * are a good beginning without a disk.
   */
  readonly incarnation?: number;
  readonly metadata?: MemberMetadata;
  readonly options?: SwimOptions;
  /**
   * Members that a verdict waits for, by id: newcomers hear that they are dead also when they are forgotten here, or
   * those who start on a losing side would know of no loss. Default: nobody.
   */
  readonly waitedFor?: () => readonly string[];
  /** Of its own: nobody else may draw from it. */
  readonly random: Prng;
  /** By the monotonic clock. */
  readonly nowMs: number;
}

export interface Received {
  readonly bytes: Uint8Array;
  /** Where it came from, for the answer. */
  readonly from: string;
  /** It came as a message of a connection. Default false. */
  readonly reliable?: boolean;
}

/** Figures for a metric or a curious eye. */
export interface SwimStatus {
  readonly phase: Phase;
  readonly incarnation: number;
  /** Who lives, this node among them. */
  readonly live: number;
  readonly suspect: number;
  /** Remembered, and dead or gone. */
  readonly gone: number;
  /** How many times slower than usual this node probes, because it finds itself in trouble: 1 is none. */
  readonly localHealth: number;
  /** Pieces of news that it still sends on. */
  readonly broadcasts: number;
  readonly sent: PacketCounts;
  readonly refusals: RefusalCounts;
}

export class Swim {
  readonly #cluster: string;
  readonly #clusterNumber: number;
  readonly #settings: SwimSettings;
  readonly #roster: Roster;
  readonly #broadcasts = new Broadcasts();
  readonly #outbox: Outbox;
  readonly #health: LocalHealth;
  readonly #own: OwnLife;
  readonly #beliefs: Beliefs;
  readonly #prober: Prober;
  readonly #relays: Relays;
  readonly #reunion: Reunion;
  readonly #refusals: Record<Refusal, number> = noRefusals();
  #gossipMs: number;

  constructor(init: SwimInit) {
    const { id, address, cluster, incarnation = 0, metadata = {}, options, random, nowMs } = init;
    const { waitedFor = () => [] } = init;
    checkName('id', id, idBytesMax);
    checkName('address', address, addressBytesMax);
    checkName('cluster', cluster, addressBytesMax);
    const settings = swimSettings(options);
    const { incarnationJumpMax } = settings;
    if (!Number.isSafeInteger(incarnation) || incarnation < 0 || incarnation > incarnationJumpMax) {
      throw invalidOption('incarnation', incarnation, `a whole number from 0 to ${incarnationJumpMax}`);
    }
    this.#cluster = cluster;
    this.#clusterNumber = clusterNumber(cluster);
    this.#settings = settings;
    const content = { address, metadata: checkedMetadata(metadata, settings.metadataBytesMax) };
    this.#roster = new Roster(believed(id, incarnation, 'HEALTHY', content, nowMs), random);
    this.#health = new LocalHealth(settings.localHealthMax);
    const [roster, broadcasts, health] = [this.#roster, this.#broadcasts, this.#health];
    this.#outbox = new Outbox({ roster, broadcasts, settings, cluster: this.#clusterNumber });
    const workings: Workings = { settings, roster, broadcasts, outbox: this.#outbox, health, waitedFor };
    const conflicts = new Conflicts();
    this.#own = new OwnLife(workings, conflicts);
    this.#beliefs = new Beliefs(workings, conflicts);
    const [startMs, sequence] = [nowMs + random.float() * settings.probePeriodMs, random.below(2 ** 24)];
    this.#prober = new Prober(workings, this.#beliefs, { startMs, sequence });
    this.#relays = new Relays(workings, this.#beliefs);
    this.#reunion = new Reunion({ workings, beliefs: this.#beliefs, random, cluster, nowMs });
    this.#gossipMs = nowMs;
  }

  /** All that are remembered, this node among them; by id. The values never change. */
  get members(): ReadonlyMap<string, Member> {
    return this.#roster.members;
  }

  get self(): Member {
    return this.#roster.self;
  }

  get status(): SwimStatus {
    return {
      phase: this.#own.phase,
      incarnation: this.#roster.self.incarnation,
      live: this.#roster.liveCount,
      suspect: this.#beliefs.suspectCount,
      gone: this.#roster.goneCount,
      localHealth: this.#health.factor,
      broadcasts: this.#broadcasts.size,
      sent: this.#outbox.sent,
      refusals: this.#refusals,
    };
  }

  /** Does what is due. May be called early; late costs no more than the delay. */
  tick(moment: Moment): Output {
    const { nowMs } = moment;
    if (this.#own.phase === 'running') {
      this.#beliefs.tick(nowMs, (member) => this.#askForItself(member));
      const failed = this.#prober.tick(moment);
      if (failed !== undefined) this.#suspect(failed, nowMs);
      this.#relays.tick(nowMs);
      this.#reunion.tick(nowMs);
      this.#beliefs.forget(nowMs);
    }
    this.#gossip(nowMs);
    return this.#taken();
  }

  /** Reads a packet. Whatever it holds, this does not throw. */
  receive({ bytes, from, reliable = false }: Received, moment: Moment): Output {
    const { packetBytesMax, exchangeBytesMax } = this.#settings;
    if (this.#own.phase === 'left') return this.#refused('not-running');
    if (bytes.length > (reliable ? exchangeBytesMax : packetBytesMax)) return this.#refused('oversized');
    const packet = decodePacket(bytes, this.#clusterNumber);
    if (typeof packet === 'string') return this.#refused(packet);
    const { body } = packet;
    if (body.kind === 'exchange' && body.cluster !== this.#cluster) return this.#refused('wrong-cluster');
    if (packet.sender === this.#roster.self.id) return this.#ownId(packet);
    if (this.#beliefs.spoke(packet.sender, packet.incarnation)) this.#reunion.compare(from);
    const isAccused = this.#judge(packet, moment.nowMs);
    if (this.#roster.members.has(packet.sender)) this.#outbox.heard(packet.sender);
    this.#answer(packet, { from, isAccused, moment });
    return this.#taken();
  }

  /** Makes contact with a cluster by addresses of some of its members, of which one that answers is enough. */
  join(seeds: readonly string[], { nowMs }: Moment): Output {
    for (const seed of seeds) checkName('seed', seed, addressBytesMax);
    this.#reunion.join(seeds, nowMs);
    return this.#taken();
  }

  /** Says goodbye; `status.phase` is `left` as soon as enough others have been told. */
  leave({ nowMs }: Moment): Output {
    this.#own.leave(nowMs);
    this.#gossipMs = Math.min(this.#gossipMs, nowMs);
    this.#gossip(nowMs);
    return this.#taken();
  }

  /** Forgets one who is dead or has left, and is not waited for. */
  forget(id: string): Output {
    this.#beliefs.forgetGone(id);
    return this.#taken();
  }

  /** Says something else of this node, in all. Each change is news for everybody: a load is worth telling in steps. */
  setMetadata(metadata: MemberMetadata, { nowMs }: Moment): Output {
    this.#own.say(metadata, nowMs);
    return this.#taken();
  }

  /**
   * This node stood still for so long, as its shell has noticed: what came in meanwhile lies unread. Whoever is
   * waited for gets the time back, and this node trusts itself less for a while. To be called before `tick`.
   */
  stalled(ms: number): Output {
    assert(ms >= 0 && Number.isFinite(ms), 'a node stands still for a time');
    this.#prober.stalled(ms);
    this.#relays.stalled(ms);
    this.#beliefs.stalled(ms);
    this.#health.worse(1);
    return this.#taken();
  }

  #judge({ sender, body, claims }: Packet, nowMs: number): boolean {
    const isOld = body.kind === 'exchange';
    let isAccused = false;
    for (const claim of claims) {
      const verdict =
        claim.id === this.#roster.self.id
          ? this.#own.judge(claim)
          : isOld
            ? this.#beliefs.judgeOld(claim, sender, nowMs)
            : this.#beliefs.judge(claim, sender, nowMs);
      if (verdict === 'accused') isAccused = true;
      else if (verdict !== 'news' && verdict !== 'known') this.#refuse(verdict);
    }
    return isAccused;
  }

  #answer(
    { sender, incarnation, body }: Packet,
    { from, isAccused, moment }: { from: string; isAccused: boolean; moment: Moment },
  ): void {
    const first: Claim[] = isAccused ? [this.#own.claim()] : [];
    const tidings = this.#beliefs.tidings(sender, incarnation);
    switch (body.kind) {
      case 'ping': {
        if (body.target !== this.#roster.self.id) return this.#refuse('wrong-target');
        const { sequence } = body;
        const ack = { kind: 'ack', sequence, heardMs: moment.wallMs } as const;
        return this.#outbox.datagram(from, ack, [...first, ...tidings]);
      }
      case 'ask': {
        const question = { sequence: this.#prober.nextSequence(), nowMs: moment.nowMs };
        const isTaken = this.#relays.ask(body, { asker: sender, askerAddress: from }, question);
        if (!isTaken) this.#refuse('too-many-relays');
        break;
      }
      case 'ack':
        if (body.sequence === unawaited) break;
        if (!this.#prober.ack(sender, body, moment) && !this.#relays.ack(sender, body))
          this.#refuse('unasked');
        break;
      case 'nack':
        if (!this.#prober.nack(sender, body.sequence)) this.#refuse('unasked');
        break;
      case 'compare':
        if (this.#reunion.compared(body)) return;
        break;
      case 'exchange':
        if (body.wantsReply) this.#reunion.tellAll(body.address, false);
        return;
      case 'gossip':
        // Who is ahead of what is known here does not need to be told: it has nothing to contradict.
        if ((this.#roster.members.get(sender)?.incarnation ?? -1) >= incarnation) first.push(...tidings);
        break;
    }
    if (first.length > 0) this.#outbox.datagram(from, { kind: 'gossip' }, first);
  }

  #suspect({ id, incarnation }: { id: string; incarnation: number }, nowMs: number): void {
    const { id: self } = this.#roster.self;
    this.#beliefs.judge({ status: 'SUSPECT', id, incarnation, accusers: [self] }, self, nowMs);
  }

  /** The last question before a burial: its answer is the contradiction, not the acknowledgement. */
  #askForItself({ id, address }: Believed): void {
    const body = { kind: 'ping', sequence: unawaited, target: id } as const;
    this.#outbox.datagram(address, body, this.#beliefs.tidings(id));
  }

  #gossip(nowMs: number): void {
    const { gossipFanout, gossipPeriodMs } = this.#settings;
    if (this.#own.phase === 'left' || nowMs < this.#gossipMs) return;
    const isLeaving = this.#own.phase === 'leaving';
    if (isLeaving && !this.#isToBeTold()) return this.#own.left();
    if (this.#broadcasts.size === 0) return;
    this.#gossipMs = nowMs + gossipPeriodMs;
    for (const id of this.#roster.order.sample(gossipFanout)) {
      if (this.#broadcasts.size === 0) break;
      const { address } = this.#roster.members.get(id) as Believed;
      this.#outbox.datagram(address, { kind: 'gossip' });
    }
  }

  /** While leaving: somebody lives, and the goodbye has not been sent often enough. */
  #isToBeTold(): boolean {
    return this.#roster.order.size > 0 && this.#broadcasts.has(this.#roster.self.id);
  }

  /** A second process with this id is told by its address; this node’s own words are only refused. */
  #ownId({ body }: Packet): Output {
    if ((body.kind === 'compare' || body.kind === 'exchange') && body.address !== this.#roster.self.address)
      this.#own.conflict(body.address);
    return this.#refused('own-id');
  }

  #refuse(refusal: Refusal): void {
    this.#refusals[refusal] += 1;
    this.#outbox.refused(refusal);
  }

  #refused(refusal: Refusal): Output {
    this.#refuse(refusal);
    return this.#taken();
  }

  #taken(): Output {
    return this.#outbox.take(this.#nextTickMs());
  }

  #nextTickMs(): number {
    if (this.#own.phase === 'left') return Number.POSITIVE_INFINITY;
    if (this.#own.phase === 'leaving') return this.#gossipMs;
    const gossipMs = this.#hasNews() ? this.#gossipMs : Number.POSITIVE_INFINITY;
    const [longest] = this.#roster.gone();
    const forgetMs =
      longest === undefined ? Number.POSITIVE_INFINITY : longest.sinceMs + this.#settings.forgetAfterMs;
    const { nextMs: probeMs } = this.#prober;
    const { nextMs: relayMs } = this.#relays;
    return Math.min(gossipMs, forgetMs, probeMs, relayMs, this.#beliefs.nextMs, this.#reunion.nextMs);
  }

  #hasNews(): boolean {
    return this.#broadcasts.size > 0 && this.#roster.order.size > 0;
  }
}

function checkName(option: string, name: string, bytesMax: number): void {
  if (typeof name === 'string' && name.isWellFormed() && name.length > 0 && textBytes(name) <= bytesMax)
    return;
  throw invalidOption(option, name, `a text of 1 to ${bytesMax} bytes without lone surrogates`);
}
