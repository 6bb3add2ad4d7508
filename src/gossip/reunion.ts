/**
 * How views become one again when news do not reach: the first contact with a cluster by its seeds, the comparison of
 * whole views with some member now and then, and a word to one of the dead, or to a seed that is no member, in case
 * it is back or a partition has healed. A comparison is four bytes as long as both agree; only who differs sends all
 * that it knows, over a connection and in messages of bounded size.
 */
import type { Prng } from '../base/index.ts';
import type { Beliefs } from './beliefs.ts';
import { isLive } from './member.ts';
import type { PacketBody } from './packet.ts';
import type { Believed } from './roster.ts';
import type { Workings } from './workings.ts';

/** Between two calls to the seeds while nobody has answered; doubled each time, up to the period of `revive`. */
const firstPauseMs = 1_000;

/** Seeds that are remembered; more are spoken to once. */
const seedsMax = 64;

export interface ReunionOptions {
  readonly workings: Workings;
  readonly beliefs: Beliefs;
  readonly random: Prng;
  readonly cluster: string;
  readonly nowMs: number;
}

export class Reunion {
  readonly #workings: Workings;
  readonly #beliefs: Beliefs;
  readonly #random: Prng;
  readonly #cluster: string;
  readonly #seeds = new Set<string>();
  #pauseMs = firstPauseMs;
  #callMs = Number.POSITIVE_INFINITY;
  #compareMs: number;
  #reviveMs: number;

  constructor({ workings, beliefs, random, cluster, nowMs }: ReunionOptions) {
    this.#workings = workings;
    this.#beliefs = beliefs;
    this.#random = random;
    this.#cluster = cluster;
    this.#compareMs = nowMs + random.float() * workings.settings.exchangePeriodMs;
    this.#reviveMs = nowMs + random.float() * workings.settings.revivePeriodMs;
  }

  get nextMs(): number {
    return Math.min(this.#callMs, this.#compareMs, this.#reviveMs);
  }

  /** Speaks to all of them at once, and again until somebody lives here beside this node. */
  join(seeds: readonly string[], nowMs: number): void {
    const own = this.#workings.roster.self.address;
    for (const seed of seeds) {
      if (seed === own) continue;
      if (this.#seeds.size < seedsMax) this.#seeds.add(seed);
      this.tellAll(seed, true);
    }
    this.#pauseMs = firstPauseMs;
    this.#callMs = this.#seeds.size > 0 ? nowMs + firstPauseMs : Number.POSITIVE_INFINITY;
  }

  tick(nowMs: number): void {
    const { exchangePeriodMs, revivePeriodMs } = this.#workings.settings;
    if (this.#callMs <= nowMs) this.#call(nowMs);
    if (this.#compareMs <= nowMs) {
      this.#compareMs = nowMs + exchangePeriodMs * (0.75 + this.#random.float() / 2);
      this.#compareWithSomebody();
    }
    if (this.#reviveMs <= nowMs) {
      this.#reviveMs = nowMs + revivePeriodMs * (0.75 + this.#random.float() / 2);
      this.#revive();
    }
  }

  /** Tells all that is believed here to whoever compared and differs; true when it did. */
  compared({ address, fingerprint }: PacketBody & { readonly kind: 'compare' }): boolean {
    if (fingerprint === this.#workings.roster.fingerprint) return false;
    this.tellAll(address, true);
    return true;
  }

  /** Says in four bytes what is believed here: whoever differs tells all. */
  compare(to: string): void {
    const { roster, outbox } = this.#workings;
    const { self, fingerprint } = roster;
    outbox.datagram(to, { kind: 'compare', address: self.address, fingerprint });
  }

  tellAll(to: string, wantsReply: boolean): void {
    const { roster, outbox } = this.#workings;
    const { address } = roster.self;
    const body = { kind: 'exchange', cluster: this.#cluster, address, wantsReply } as const;
    outbox.exchange(to, body, this.#beliefs.all());
  }

  #call(nowMs: number): void {
    if (this.#workings.roster.liveCount > 1) {
      this.#callMs = Number.POSITIVE_INFINITY;
      return;
    }
    this.#pauseMs = Math.min(this.#pauseMs * 2, this.#workings.settings.revivePeriodMs);
    this.#callMs = nowMs + this.#pauseMs;
    for (const seed of this.#seeds) this.tellAll(seed, true);
  }

  #compareWithSomebody(): void {
    const { roster } = this.#workings;
    const [id] = roster.order.sample(1);
    if (id !== undefined) this.compare((roster.members.get(id) as Believed).address);
  }

  #revive(): void {
    const { roster } = this.#workings;
    const addresses = new Set(this.#seeds);
    for (const { status, address } of roster.gone()) if (status === 'UNHEALTHY') addresses.add(address);
    for (const { status, address } of roster.members.values()) {
      if (isLive(status)) addresses.delete(address);
    }
    if (addresses.size > 0) this.compare(this.#random.pick([...addresses]));
  }
}
