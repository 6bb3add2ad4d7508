/**
 * One node alone, with the network and the clocks in the hands of a test: letters from others are made here, and what
 * the node sends is read back.
 */
import assert from 'node:assert/strict';
import { ByteWriter, Prng } from '../../src/base/index.ts';
import { type Claim, claimBytes } from '../../src/gossip/claim.ts';
import {
  clusterNumber,
  decodePacket,
  encodeMetadata,
  type MemberEvent,
  type Output,
  type Packet,
  type PacketBody,
  type PacketKind,
  Swim,
  type SwimInit,
} from '../../src/gossip/index.ts';
import { encodePacket } from '../../src/gossip/packet.ts';

export interface Letter {
  readonly sender: string;
  /** Of the sender, as it says. Default 0. */
  readonly incarnation?: number;
  readonly body?: PacketBody;
  readonly claims?: readonly Claim[];
  readonly cluster?: string;
}

/** Packet and where it goes. */
export type Sent = Packet & { readonly to: string; readonly reliable: boolean };

export class Solo {
  readonly swim: Swim;
  readonly events: MemberEvent[] = [];
  /** Since the last look. */
  sent: Sent[] = [];
  /** Ever. */
  readonly everSent: Sent[] = [];
  nowMs = 0;
  nextTickMs = 0;
  /** How far the time of day is from the monotonic clock. */
  wallMs = 1_800_000_000_000;

  constructor(init: Partial<SwimInit> = {}) {
    this.swim = new Swim({
      id: 'me',
      address: addressOf('me'),
      cluster: 'test',
      random: new Prng(1),
      nowMs: 0,
      ...init,
    });
  }

  /** Takes part in what the node has brought forth. */
  take(output: Output): Output {
    this.events.push(...output.events);
    this.nextTickMs = output.nextTickMs;
    for (const { to, bytes, reliable } of output.sends) {
      const packet = decodePacket(bytes, clusterNumber('test'));
      assert.ok(typeof packet !== 'string', `it sent what is refused as ${packet}`);
      this.sent.push({ ...packet, to, reliable });
      this.everSent.push({ ...packet, to, reliable });
    }
    return output;
  }

  get moment(): { readonly nowMs: number; readonly wallMs: number } {
    return { nowMs: this.nowMs, wallMs: this.wallMs + this.nowMs };
  }

  hear(letter: Letter, from: string = addressOf(letter.sender)): Output {
    const reliable = letter.body?.kind === 'exchange';
    return this.take(this.swim.receive({ bytes: written(letter), from, reliable }, this.moment));
  }

  /** Lives on until then, ticking when it asks to. */
  live(untilMs: number): void {
    while (this.nextTickMs <= untilMs) {
      this.nowMs = Math.max(this.nowMs, this.nextTickMs);
      this.take(this.swim.tick(this.moment));
      assert.ok(this.nextTickMs > this.nowMs, 'a tick that asks for the next at once would spin');
    }
    this.nowMs = untilMs;
  }

  /** Like `live`, while all who are asked answer at once, except for those named. */
  liveAmongAnswering(untilMs: number, silent: readonly string[] = []): void {
    while (this.nextTickMs <= untilMs) {
      this.nowMs = Math.max(this.nowMs, this.nextTickMs);
      this.take(this.swim.tick(this.moment));
      for (const { body, to } of this.sent.splice(0)) {
        if (body.kind !== 'ping' || silent.includes(body.target)) continue;
        const { sequence, target: sender } = body;
        this.hear({ sender, body: { kind: 'ack', sequence, heardMs: this.moment.wallMs } }, to);
      }
    }
    this.nowMs = untilMs;
  }

  /** What was sent of a kind since the last look. */
  drain<Kind extends PacketKind>(
    kind: Kind,
  ): (Sent & { readonly body: PacketBody & { readonly kind: Kind } })[] {
    const found = this.sent.filter((one) => one.body.kind === kind);
    this.sent = this.sent.filter((one) => one.body.kind !== kind);
    return found as (Sent & { readonly body: PacketBody & { readonly kind: Kind } })[];
  }

  /** Status and incarnation in a word, such as `SUSPECT@3`. */
  belief(id: string): string | undefined {
    const member = this.swim.members.get(id);
    return member === undefined ? undefined : `${member.status}@${member.incarnation}`;
  }

  kinds(): string[] {
    return this.events.map((event) => event.kind);
  }

  /** Lets it know these, healthy, by a letter of the first. */
  meet(...ids: readonly string[]): void {
    const [sender = ''] = ids;
    this.hear({ sender, claims: ids.map((id) => healthy(id)) });
    this.sent = [];
    this.events.length = 0;
  }
}

export function written({
  sender,
  incarnation = 0,
  body = { kind: 'gossip' },
  claims = [],
  cluster = 'test',
}: Letter): Uint8Array {
  const writer = new ByteWriter();
  encodePacket(writer, clusterNumber(cluster), { sender, incarnation }, body);
  for (const claim of claims) writer.raw(claimBytes(new ByteWriter(), claim));
  return writer.copy();
}

export function addressOf(id: string): string {
  return `${id}.test:7946`;
}

export function healthy(id: string, incarnation = 0, address: string = addressOf(id)): Claim {
  return { status: 'HEALTHY', id, incarnation, content: { address, metadata: encodeMetadata({}) } };
}

export function suspect(id: string, incarnation = 0, ...accusers: readonly string[]): Claim {
  return { status: 'SUSPECT', id, incarnation, accusers: accusers.length === 0 ? ['someone'] : accusers };
}

export function dead(id: string, incarnation = 0): Claim {
  return { status: 'UNHEALTHY', id, incarnation, accusers: ['someone'] };
}

export function left(id: string, incarnation = 0): Claim {
  return { status: 'LEFT', id, incarnation };
}

/** The exchange of somebody who tells all. */
export function telling(sender: string, claims: readonly Claim[], wantsReply = false): Letter {
  const body: PacketBody = { kind: 'exchange', cluster: 'test', address: addressOf(sender), wantsReply };
  return { sender, body, claims };
}
