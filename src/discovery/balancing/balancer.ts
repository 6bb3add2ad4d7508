/**
 * Chooses an instance for each call, from snapshots and from what came of the calls before. A picker does the choosing;
 * the balancer says among whom: those that are healthy and not set aside, near ones first; all but those that drain,
 * where hardly anybody is healthy. Who may be picked is worked out when something changes, never for a pick, and who is
 * set aside comes back at the first pick after its time, without a timer. Pure: time is an argument, chance a generator.
 */
import { Prng } from '../../base/index.ts';
import type { ServiceSnapshot } from '../instance.ts';
import { type BalancerOptions, type BalancerSettings, balancerSettings } from './balancer-options.ts';
import type { Ejection } from './ejection.ts';
import { emptyPool, isExcluded, type Picker, type PickRequest } from './picker.ts';
import { type Slot, Tally } from './slot.ts';
import { SlotTable } from './slot-table.ts';

/** How a call at an instance ended. */
export interface CallEnd {
  readonly latencyMs: number;
  /** Whether the instance did its part; undefined where nothing is known of that, because the caller gave up. */
  readonly ok: boolean | undefined;
}

/** Who is there, and why not all of them are given calls. One that fails two tests is counted once, in this order. */
export interface Availability {
  readonly known: number;
  readonly usable: number;
  readonly draining: number;
  /** Its circuit is open. */
  readonly shut: number;
  readonly critical: number;
  readonly ejected: number;
}

export interface BalancerFigures {
  readonly picks: number;
  /** Nobody was there to be picked. */
  readonly nobody: number;
  /** Made while hardly anybody was healthy, so that all were used. */
  readonly panicPicks: number;
  /** Sent to another zone. */
  readonly spilled: number;
  readonly ejections: number;
  /** Ejections that the bound on them has prevented. */
  readonly ejectionsPrevented: number;
  /** Sticky keys that had to move. */
  readonly keysMoved: number;
  /** Instances of the latest snapshot whose weight is no number above 0. */
  readonly weightsRefused: number;
}

/** Instances of one picker: those of this zone, or all others. */
class Side {
  members: readonly Slot[] = [];
  usable: readonly Slot[] = [];
  readonly picker: Picker;

  constructor(picker: Picker) {
    this.picker = picker;
    this.picker.update({ ...emptyPool, tally: new Tally() });
  }

  arrange(): void {
    const tally = new Tally();
    for (const slot of this.usable) slot.join(tally);
    this.picker.update({ members: this.members, usable: this.usable, tally });
  }
}

const anyRequest: PickRequest = {};
const nothing: readonly Ejection[] = [];

export class Balancer {
  readonly #settings: BalancerSettings;
  readonly #table = new SlotTable();
  readonly #here: Side;
  /** Unused where zones make no difference. */
  readonly #elsewhere: Side;
  #snapshot: ServiceSnapshot | undefined;
  #members: readonly Slot[] = [];
  #isPanicking = false;
  /** When somebody comes back who is set aside now. */
  #returnsAtMs = Number.POSITIVE_INFINITY;
  #picks = 0;
  #nobody = 0;
  #panicPicks = 0;
  #spilled = 0;
  #ejections = 0;

  constructor(options: BalancerOptions) {
    const settings = balancerSettings(options);
    const { picker, slowStart } = settings;
    const random = new Prng(options.seed);
    const parts = { random, slowStart, latency: picker.latency, factor: picker.factor };
    this.#settings = settings;
    this.#here = new Side(picker.make(parts));
    this.#elsewhere = new Side(picker.make(parts));
  }

  /** Hardly anybody is healthy, so all are used. */
  get isPanicking(): boolean {
    return this.#isPanicking;
  }

  get figures(): BalancerFigures {
    const { ejections, sticky } = this.#settings;
    return {
      picks: this.#picks,
      nobody: this.#nobody,
      panicPicks: this.#panicPicks,
      spilled: this.#spilled,
      ejections: this.#ejections,
      ejectionsPrevented: ejections?.prevented ?? 0,
      keysMoved: sticky?.moved ?? 0,
      weightsRefused: this.#table.weightsRefused,
    };
  }

  /** All that are known, whatever their state. */
  slots(): Iterable<Slot> {
    return this.#table.all();
  }

  /** By the clock of the caller, when the next one comes back that is set aside; `Infinity` where none is. */
  get returnsAtMs(): number {
    return this.#returnsAtMs;
  }

  /** Of an instance that is known, by its id. */
  slotOf(id: string): Slot | undefined {
    return this.#table.get(id);
  }

  update(snapshot: ServiceSnapshot, nowMs: number): void {
    if (snapshot === this.#snapshot) return;
    this.#snapshot = snapshot;
    if (this.#table.update(snapshot, nowMs)) this.#spread();
    this.#arrange(nowMs);
  }

  /** Undefined where nobody may be picked; `availability` says why. */
  pick(nowMs: number, request: PickRequest = anyRequest): Slot | undefined {
    if (nowMs >= this.#returnsAtMs) this.#arrange(nowMs);
    const slot = this.#sticky(nowMs, request) ?? this.#choose(nowMs, request) ?? this.#again(nowMs, request);
    if (slot === undefined) this.#nobody += 1;
    else this.#picks += 1;
    if (this.#isPanicking && slot !== undefined) this.#panicPicks += 1;
    return slot;
  }

  begin(slot: Slot): void {
    slot.begin();
  }

  /** Whoever was ejected for it. */
  end(slot: Slot, outcome: CallEnd, nowMs: number): readonly Ejection[] {
    this.leave(slot);
    return this.judge(slot, outcome, nowMs);
  }

  /** The first half of `end`, for who has the outcome before the work is over that was given up. */
  judge(slot: Slot, { latencyMs, ok }: CallEnd, nowMs: number): readonly Ejection[] {
    this.#settings.picker.latency.observe(slot, latencyMs, ok, nowMs);
    const { ejections } = this.#settings;
    // Of an instance that has gone, and left others in its place, nothing follows any more.
    if (ok === undefined || ejections === undefined || this.#table.get(slot.id) !== slot) return nothing;
    const ejected = ejections.note(slot, ok, this.#members, nowMs);
    if (ejected.length === 0) return nothing;
    this.#ejections += ejected.length;
    this.#arrange(nowMs);
    return ejected;
  }

  /** The second half of `end`: nothing of the call is under way any more. */
  leave(slot: Slot): void {
    slot.leave();
  }

  /** Not to be picked before `untilMs`, in panic neither: its circuit is open. A time that has passed opens it again. */
  shut(slot: Slot, untilMs: number, nowMs: number): void {
    slot.setAside();
    slot.shutUntilMs = untilMs;
    this.#arrange(nowMs);
  }

  availability(nowMs: number): Availability {
    const counts = { known: 0, usable: 0, draining: 0, shut: 0, critical: 0, ejected: 0 };
    for (const slot of this.#table.all()) {
      counts.known += 1;
      if (slot.instance.status === 'draining') counts.draining += 1;
      else if (slot.shutUntilMs > nowMs) counts.shut += 1;
      else if (slot.isUsable) counts.usable += 1;
      else if (slot.ejectedUntilMs > nowMs) counts.ejected += 1;
      else counts.critical += 1;
    }
    return counts;
  }

  #sticky(nowMs: number, request: PickRequest): Slot | undefined {
    const { sticky } = this.#settings;
    const { key } = request;
    if (sticky === undefined || key === undefined) return undefined;
    const id = sticky.idOf(key);
    const known = id === undefined ? undefined : this.#table.get(id);
    const slot = known?.instance.status === 'draining' ? undefined : known;
    if (slot !== undefined) return slot.isUsable && !isExcluded(request, slot) ? slot : undefined;
    const chosen = this.#choose(nowMs, request);
    if (chosen !== undefined) sticky.remember(key, chosen.id);
    return chosen;
  }

  #choose(nowMs: number, request: PickRequest): Slot | undefined {
    const { zone } = this.#settings;
    if (zone === undefined || this.#elsewhere.usable.length === 0)
      return this.#here.picker.pick(nowMs, request);
    if (zone.keeps(request)) {
      const near = this.#here.picker.pick(nowMs, request);
      if (near !== undefined) return near;
    }
    const far = this.#elsewhere.picker.pick(nowMs, request);
    if (far === undefined) return this.#here.picker.pick(nowMs, request);
    this.#spilled += 1;
    return far;
  }

  /** Nothing but what is excluded is there. */
  #again(nowMs: number, { key, excluding }: PickRequest): Slot | undefined {
    return excluding === undefined || excluding.length === 0 ? undefined : this.#choose(nowMs, { key });
  }

  /** Another set of instances. */
  #spread(): void {
    const { zone } = this.#settings;
    this.#members = [...this.#table.all()].filter(({ instance }) => instance.status !== 'draining');
    const isHere = ({ instance }: Slot): boolean => zone === undefined || instance.zone === zone.name;
    this.#here.members = this.#members.filter(isHere);
    this.#elsewhere.members = this.#members.filter((slot) => !isHere(slot));
  }

  #arrange(nowMs: number): void {
    const members = this.#members;
    const healthy = members.filter((slot) => this.#isHealthy(slot, nowMs));
    this.#isPanicking = healthy.length < this.#settings.panicBelow * members.length;
    for (const slot of this.#table.all()) slot.leavePool();
    for (const slot of this.#isPanicking ? members : healthy) slot.isUsable = slot.shutUntilMs <= nowMs;
    this.#returnsAtMs = Number.POSITIVE_INFINITY;
    for (const { ejectedUntilMs, shutUntilMs } of members) {
      if (ejectedUntilMs > nowMs) this.#returnsAtMs = Math.min(this.#returnsAtMs, ejectedUntilMs);
      if (shutUntilMs > nowMs) this.#returnsAtMs = Math.min(this.#returnsAtMs, shutUntilMs);
    }
    this.#arrangeSide(this.#here);
    this.#arrangeSide(this.#elsewhere);
    this.#settings.zone?.adapt({
      hereWeight: weightOf(this.#here.usable),
      totalWeight: weightOf(this.#here.usable) + weightOf(this.#elsewhere.usable),
      zones: new Set(members.map(({ instance }) => instance.zone)).size,
    });
  }

  #arrangeSide(side: Side): void {
    side.usable = side.members.filter(({ isUsable }) => isUsable);
    side.arrange();
  }

  #isHealthy({ instance, ejectedUntilMs }: Slot, nowMs: number): boolean {
    const { status } = instance;
    const isServed = status === 'passing' || (status === 'warning' && this.#settings.servesWarning);
    return isServed && ejectedUntilMs <= nowMs;
  }
}

function weightOf(slots: readonly Slot[]): number {
  return slots.reduce((sum, { weight }) => sum + weight, 0);
}
