/**
 * The streams of one connection, as a state machine without I/O: what may be sent on each, what has come, and
 * when it is over. Both sides of a connection have the same.
 *
 * Packets of a stream that is no more are passed over: they were under way when this side gave it up.
 */
import type { QuorateError } from '../../base/index.ts';
import type { FrameBatch } from '../frame-batch.ts';
import { encodePacket, type Packet } from './packet.ts';
import { sentBehindTheEnd } from './refusals.ts';
import { StreamFlow, type Windows } from './stream-flow.ts';

export type StreamPacket = Extract<Packet, { kind: 'piece' | 'credit' | 'end' | 'abort' }>;

export type StreamEvent<Stream> =
  | { readonly kind: 'piece'; readonly stream: Stream; readonly body: Uint8Array }
  /** More may be sent. */
  | { readonly kind: 'credit'; readonly stream: Stream }
  /** The peer sends nothing more. */
  | { readonly kind: 'ended'; readonly stream: Stream }
  /** It is over in both directions. */
  | { readonly kind: 'aborted'; readonly stream: Stream; readonly error: QuorateError };

interface OpenStream<Stream> {
  readonly stream: Stream;
  readonly flow: StreamFlow;
}

/** Between two pieces of a stream others have their turn. */
const pieceBytesMax = 64 * 1024;

export class ChannelStreams<Stream> {
  readonly #frames: FrameBatch;
  readonly #open = new Map<number, OpenStream<Stream>>();
  #pieceBytesMax = pieceBytesMax;

  constructor(frames: FrameBatch) {
    this.#frames = frames;
  }

  get size(): number {
    return this.#open.size;
  }

  /** The peer takes no larger packets. */
  limit(packetBytesMax: number): void {
    this.#pieceBytesMax = Math.min(pieceBytesMax, packetBytesMax);
  }

  begin(id: number, stream: Stream, windows: Windows): void {
    this.#open.set(id, { stream, flow: new StreamFlow(windows) });
  }

  /** What a packet means here; throws where no correct peer would send it. */
  take(packet: StreamPacket): StreamEvent<Stream> | undefined {
    const open = this.#open.get(packet.id);
    if (open === undefined) return undefined;
    const { stream, flow } = open;
    switch (packet.kind) {
      case 'piece':
        if (flow.receiveEnded) throw sentBehindTheEnd();
        flow.received(packet.body.length);
        return { kind: 'piece', stream, body: packet.body };
      case 'credit':
        flow.credited(packet.cost);
        return { kind: 'credit', stream };
      case 'end':
        if (flow.receiveEnded) throw sentBehindTheEnd();
        flow.receiveEnded = true;
        this.#leave(packet.id, flow);
        return { kind: 'ended', stream };
      case 'abort':
        this.#open.delete(packet.id);
        return { kind: 'aborted', stream, error: packet.error };
    }
  }

  /** Sends of `bytes`, from `from` on, what may go in one piece; answers how many bytes that was. */
  send(id: number, bytes: Uint8Array, from: number): number {
    const open = this.#open.get(id);
    if (open === undefined) return 0;
    const count = open.flow.sendable(bytes.length - from, this.#pieceBytesMax);
    if (count === 0) return 0;
    open.flow.sent(count);
    this.#write({ kind: 'piece', id, body: bytes.subarray(from, from + count) });
    return count;
  }

  /** A reader has taken a piece; true when that is told to the peer. */
  taken(id: number, bytes: number): boolean {
    const cost = this.#open.get(id)?.flow.taken(bytes) ?? 0;
    if (cost > 0) this.#write({ kind: 'credit', id, cost });
    return cost > 0;
  }

  /** This side sends nothing more. */
  end(id: number): void {
    const flow = this.#open.get(id)?.flow;
    if (flow === undefined || flow.sendEnded) return;
    flow.sendEnded = true;
    this.#write({ kind: 'end', id });
    this.#leave(id, flow);
  }

  /** False: it was over before. */
  abort(id: number, error: QuorateError): boolean {
    if (!this.#open.delete(id)) return false;
    this.#write({ kind: 'abort', id, error });
    return true;
  }

  /** The connection is gone: those that were open. */
  lose(): Stream[] {
    const streams = [...this.#open.values()].map(({ stream }) => stream);
    this.#open.clear();
    return streams;
  }

  #leave(id: number, flow: StreamFlow): void {
    if (flow.isOver) this.#open.delete(id);
  }

  #write(packet: StreamPacket): void {
    this.#frames.add((writer) => encodePacket(writer, packet));
  }
}
