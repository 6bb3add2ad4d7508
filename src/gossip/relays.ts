/**
 * The probes that this node makes for others: somebody got no answer and asks whether it goes better from here. The
 * answer is handed on; and where none has come in good time, that is said too (Lifeguard, section IV-A), so that who
 * asked knows that the silence is not its own.
 */
import type { Beliefs } from './beliefs.ts';
import type { PacketBody } from './packet.ts';
import type { Workings } from './workings.ts';

interface Relay {
  /** Who asked, where it is, and by which number it waits. */
  readonly asker: string;
  readonly askerAddress: string;
  readonly askerSequence: number;
  readonly target: string;
  nackMs: number;
  endMs: number;
  isNacked: boolean;
}

/** At one time; more are refused, and who asks has others to ask. */
const relaysMax = 256;

/** Of the time for a direct answer: who asked has as much again as this takes, and the way back. */
const nackShare = 0.6;

export class Relays {
  readonly #workings: Workings;
  readonly #beliefs: Beliefs;
  readonly #open = new Map<number, Relay>();

  constructor(workings: Workings, beliefs: Beliefs) {
    this.#workings = workings;
    this.#beliefs = beliefs;
  }

  get nextMs(): number {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const { isNacked, nackMs, endMs } of this.#open.values()) {
      nextMs = Math.min(nextMs, isNacked ? endMs : nackMs);
    }
    return nextMs;
  }

  /** False when there is no room. `sequence`: of the question that goes out from here. */
  ask(
    { sequence: askerSequence, target, targetAddress }: PacketBody & { readonly kind: 'ask' },
    { asker, askerAddress }: Pick<Relay, 'asker' | 'askerAddress'>,
    { sequence, nowMs }: { readonly sequence: number; readonly nowMs: number },
  ): boolean {
    if (this.#open.size >= relaysMax) return false;
    const { settings, outbox } = this.#workings;
    const nackMs = nowMs + settings.probeTimeoutMs * nackShare;
    const endMs = nowMs + settings.probePeriodMs;
    this.#open.set(sequence, { asker, askerAddress, askerSequence, target, nackMs, endMs, isNacked: false });
    outbox.datagram(targetAddress, { kind: 'ping', sequence, target }, this.#beliefs.tidings(target));
    return true;
  }

  /** True when it was waited for. */
  ack(sender: string, { sequence, heardMs }: PacketBody & { readonly kind: 'ack' }): boolean {
    const relay = this.#open.get(sequence);
    if (relay === undefined || relay.target !== sender) return false;
    this.#open.delete(sequence);
    this.#answer(relay, { kind: 'ack', sequence: relay.askerSequence, heardMs });
    return true;
  }

  tick(nowMs: number): void {
    for (const [sequence, relay] of this.#open) {
      if (relay.endMs <= nowMs) this.#open.delete(sequence);
      if (relay.isNacked || relay.nackMs > nowMs) continue;
      relay.isNacked = true;
      this.#answer(relay, { kind: 'nack', sequence: relay.askerSequence });
    }
  }

  stalled(ms: number): void {
    for (const relay of this.#open.values()) {
      relay.nackMs += ms;
      relay.endMs += ms;
    }
  }

  #answer({ asker, askerAddress }: Relay, body: PacketBody): void {
    this.#workings.outbox.datagram(askerAddress, body, this.#beliefs.tidings(asker));
  }
}
