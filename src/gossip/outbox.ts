/**
 * What one step brings forth, gathered while it runs, and how each packet is put together: what it is for, then what
 * its receiver must know first, then news for as long as there is room.
 */
import { assert, ByteWriter } from '../base/index.ts';
import type { Broadcasts } from './broadcasts.ts';
import { type Claim, claimBytes } from './claim.ts';
import type { Answer, MemberEvent, Output, Send, Stranger } from './output.ts';
import { encodePacket, type PacketBody, type PacketKind } from './packet.ts';
import type { Refusal } from './refusals.ts';
import type { Roster } from './roster.ts';
import { retransmissions, type SwimSettings } from './settings.ts';

export interface OutboxOptions {
  readonly roster: Roster;
  readonly broadcasts: Broadcasts;
  readonly settings: SwimSettings;
  readonly cluster: number;
}

export type PacketCounts = Readonly<Record<PacketKind, number>>;

export class Outbox {
  readonly #roster: Roster;
  readonly #broadcasts: Broadcasts;
  readonly #settings: SwimSettings;
  readonly #cluster: number;
  readonly #writer = new ByteWriter(2_048);
  readonly #claims = new ByteWriter(1_024);
  readonly #sent: Record<PacketKind, number> = {
    ping: 0,
    ask: 0,
    ack: 0,
    nack: 0,
    gossip: 0,
    compare: 0,
    exchange: 0,
  };
  #sends: Send[] = [];
  #events: MemberEvent[] = [];
  #heard: string | undefined;
  #answer: Answer | undefined;
  #strangers: Stranger[] = [];
  #refused: Refusal | undefined;

  constructor({ roster, broadcasts, settings, cluster }: OutboxOptions) {
    this.#roster = roster;
    this.#broadcasts = broadcasts;
    this.#settings = settings;
    this.#cluster = cluster;
  }

  get sent(): PacketCounts {
    return this.#sent;
  }

  event(event: MemberEvent): void {
    this.#events.push(event);
  }

  heard(id: string): void {
    this.#heard = id;
  }

  answered(answer: Answer): void {
    this.#answer = answer;
  }

  stranger(stranger: Stranger): void {
    this.#strangers.push(stranger);
  }

  refused(refusal: Refusal): void {
    this.#refused ??= refusal;
  }

  /** A datagram; `first` goes before all news, as far as there is room: with the longest names there may be for one. */
  datagram(to: string, body: PacketBody, first: readonly Claim[] = []): void {
    const writer = this.#open(body);
    const { packetBytesMax } = this.#settings;
    for (const claim of first) {
      const bytes = claimBytes(this.#claims, claim);
      if (writer.length + bytes.length <= packetBytesMax) writer.raw(bytes);
    }
    this.#broadcasts.fill(writer, packetBytesMax, retransmissions(this.#roster.liveCount, this.#settings));
    assert(writer.length <= packetBytesMax, 'a datagram is no larger than they are');
    this.#push(to, body, false);
  }

  /** As many messages of a full exchange as the claims need; only the first asks for a reply. */
  exchange(to: string, body: PacketBody & { readonly kind: 'exchange' }, claims: Iterable<Claim>): void {
    const { exchangeBytesMax } = this.#settings;
    let writer = this.#open(body);
    for (const claim of claims) {
      const bytes = claimBytes(this.#claims, claim);
      if (writer.length + bytes.length > exchangeBytesMax) {
        this.#push(to, body, true);
        writer = this.#open({ ...body, wantsReply: false });
      }
      writer.raw(bytes);
    }
    this.#push(to, body, true);
  }

  take(nextTickMs: number): Output {
    const output: Output = {
      sends: this.#sends,
      events: this.#events,
      nextTickMs,
      ...(this.#heard === undefined ? {} : { heard: this.#heard }),
      ...(this.#answer === undefined ? {} : { answer: this.#answer }),
      ...(this.#strangers.length === 0 ? {} : { strangers: this.#strangers }),
      ...(this.#refused === undefined ? {} : { refused: this.#refused }),
    };
    this.#sends = [];
    this.#events = [];
    this.#heard = undefined;
    this.#answer = undefined;
    this.#strangers = [];
    this.#refused = undefined;
    return output;
  }

  #open(body: PacketBody): ByteWriter {
    const { id, incarnation } = this.#roster.self;
    this.#writer.reset();
    encodePacket(this.#writer, this.#cluster, { sender: id, incarnation }, body);
    return this.#writer;
  }

  #push(to: string, { kind }: PacketBody, reliable: boolean): void {
    this.#sent[kind] += 1;
    this.#sends.push({ to, bytes: this.#writer.copy(), reliable });
  }
}
