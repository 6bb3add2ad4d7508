/**
 * How a store reads: at the leader or at any node, as new as was asked for. It remembers the greatest revision
 * that it has seen, so that a session read which a lagging node answered can be told and asked again where
 * nothing is missing.
 */
import { type Duration, durationMs, invalidOption } from '../base/index.ts';
import { decodeReply, type Reply } from '../mvcc/index.ts';
import type { Clock } from '../ports/index.ts';
import { type CallLimits, limitsOf } from './call-limits.ts';
import type { CallOptions } from './call-options.ts';
import type { ClusterClient } from './cluster-client.ts';
import { type Consistency, type Delivery, type ReceiptOption, ReceiptPad } from './receipt.ts';

export interface Freshness {
  /**
   * `strong`, the default: sees everything that was acknowledged anywhere before the call. `session`: sees at
   * least what this store object has seen or written, at any node that has it. `stale`: what one node has,
   * without asking the others; spread over the nodes.
   */
  readonly consistency?: 'strong' | 'session' | 'stale';
  /** Sees everything that was acknowledged up to so long ago, at any node that can be sure of it. Not beside `consistency`. */
  readonly maxStaleness?: Duration;
}

export class StoreReads {
  readonly #client: ClusterClient;
  readonly #clock: Clock;
  readonly #group: number;
  /** The greatest revision that any answer or watch told. */
  #seen = 0;
  /** The greatest that a watch told: the node of the watches has come so far. */
  #heard = 0;

  constructor(client: ClusterClient, clock: Clock, group: number) {
    this.#client = client;
    this.#clock = clock;
    this.#group = group;
  }

  /** An answer told of this revision. */
  saw(revision: number): void {
    if (revision > this.#seen) this.#seen = revision;
  }

  /** A watch told of it. */
  heard(revision: number): void {
    if (revision > this.#heard) this.#heard = revision;
    this.saw(revision);
  }

  /** As of `revision` or later, where that is known first: at the node of the watches, or at the leader. */
  async readSince(query: Uint8Array, revision: number, limits: CallLimits): Promise<Reply> {
    const call = limitsOf(limits);
    const where = revision <= this.#heard ? 'where-watched' : 'leader';
    const reply = decodeReply(await this.#client.readStale(this.#group, query, call, where));
    const isNew = reply.revision >= revision;
    const newer = isNew ? reply : decodeReply(await this.#client.read(this.#group, query, call));
    this.saw(newer.revision);
    return newer;
  }

  async read(query: Uint8Array, options: Freshness & CallLimits & ReceiptOption): Promise<Reply> {
    const asked = levelOf(options);
    const pad = new ReceiptPad(asked, this.#clock);
    const delivery = await this.#deliver(asked, query, options, { ...limitsOf(options), ...pad.call });
    this.saw(delivery.reply.revision);
    options.receipt?.(pad.write(delivery));
    return delivery.reply;
  }

  async #deliver(
    asked: Consistency,
    query: Uint8Array,
    { maxStaleness = 0 }: Freshness,
    call: CallOptions,
  ): Promise<Delivery> {
    switch (asked) {
      case 'strong':
        return await this.#strong(query, call);
      case 'session':
        return await this.#session(query, call);
      case 'stale':
        return {
          reply: decodeReply(await this.#client.readStale(this.#group, query, call)),
          delivered: 'stale',
        };
      case 'bounded': {
        const most = Math.floor(durationMs(maxStaleness, 'maxStaleness'));
        const { answer, staleMs } = await this.#client.readBounded(this.#group, query, most, call);
        return { reply: decodeReply(answer), delivered: 'bounded', staleMs };
      }
    }
  }

  async #strong(query: Uint8Array, call: CallOptions): Promise<Delivery> {
    return { reply: decodeReply(await this.#client.read(this.#group, query, call)), delivered: 'strong' };
  }

  /** What was seen when the call began must be in the answer; what others see meanwhile need not. */
  async #session(query: Uint8Array, call: CallOptions): Promise<Delivery> {
    const least = this.#seen;
    const reply = decodeReply(await this.#client.readStale(this.#group, query, call));
    if (reply.revision >= least) return { reply, delivered: 'session' };
    return await this.#strong(query, call);
  }
}

function levelOf({ consistency, maxStaleness }: Freshness): Consistency {
  if (maxStaleness === undefined) return consistency ?? 'strong';
  if (consistency === undefined) return 'bounded';
  throw invalidOption('maxStaleness', maxStaleness, `absent beside consistency '${consistency}'`);
}
