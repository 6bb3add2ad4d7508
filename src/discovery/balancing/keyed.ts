/**
 * Pickers by key: the same key goes to the same instance, as long as that one is there. Keys are spread over all
 * instances of the set; who must not be picked now is passed over on the way of each key, so that its keys, and no
 * others, go elsewhere for a while and come back. A call without a key goes to whoever is next.
 */
import type { Placement } from '../../placement/index.ts';
import { type KeySpread, PresentSpread } from './key-spread.ts';
import { ringOf } from './keyed-placement.ts';
import { emptyPool, isExcluded, type Picker, type PickRequest, type Pool } from './picker.ts';
import { type Slot, Tally } from './slot.ts';

export class KeyedPicker implements Picker {
  readonly #spread: KeySpread;
  readonly #keyless: Picker;
  readonly #slots = new Map<string, Slot>();
  #members: readonly Slot[] = [];

  /** `keyless` picks for calls without a key. */
  constructor(spread: KeySpread, keyless: Picker) {
    this.#spread = spread;
    this.#keyless = keyless;
  }

  update(pool: Pool): void {
    this.#keyless.update(pool);
    if (pool.members === this.#members) return;
    this.#members = pool.members;
    this.#slots.clear();
    for (const slot of pool.members) this.#slots.set(slot.id, slot);
    if (pool.members.length > 0) this.#spread.update(pool.members);
  }

  pick(nowMs: number, request: PickRequest): Slot | undefined {
    const { key } = request;
    if (key === undefined) return this.#keyless.pick(nowMs, request);
    if (this.#members.length === 0) return undefined;
    const placement = this.#spread.at(nowMs);
    const owner = this.#slots.get(placement.owner(key));
    if (owner !== undefined && isOpen(owner, request)) return owner;
    return this.#nextOf(key, placement, request) ?? this.#newcomer(key, placement, request);
  }

  /** Twice as many owners each time: most often the next one will do. Some may be gone since the placement was made. */
  #nextOf(key: string, placement: Placement, request: PickRequest): Slot | undefined {
    const { length } = placement.nodes;
    for (let asked = 1, count = 2; asked < length; asked = count, count *= 2) {
      const owners = placement.owners(key, Math.min(count, length));
      for (const id of owners.slice(asked)) {
        const slot = this.#slots.get(id);
        if (slot !== undefined && isOpen(slot, request)) return slot;
      }
    }
    return undefined;
  }

  /** One of those who were not there yet when `placement` was made. */
  #newcomer(key: string, placement: Placement, request: PickRequest): Slot | undefined {
    const present = this.#spread.present();
    if (present === placement) return undefined;
    const owner = this.#slots.get(present.owner(key)) as Slot;
    return isOpen(owner, request) ? owner : this.#nextOf(key, present, request);
  }
}

/**
 * Consistent hashing with bounded load (Mirrokni, Thorup and Zadimoghaddam 2018), the load being calls under way: no
 * instance has more than its share of them times a factor; what is too much for it goes on around the ring.
 */
export class BoundedLoad implements Picker {
  readonly #spread = new PresentSpread(ringOf);
  readonly #factor: number;
  readonly #keyless: Picker;
  readonly #slots = new Map<string, Slot>();
  #pool: Pool = { ...emptyPool, tally: new Tally() };
  /** Of the usable ones. */
  #weight = 0;

  constructor(factor: number, keyless: Picker) {
    this.#factor = factor;
    this.#keyless = keyless;
  }

  update(pool: Pool): void {
    this.#keyless.update(pool);
    this.#weight = pool.usable.reduce((sum, { weight }) => sum + weight, 0);
    const isSameSet = pool.members === this.#pool.members;
    this.#pool = pool;
    if (isSameSet) return;
    this.#slots.clear();
    for (const slot of pool.members) this.#slots.set(slot.id, slot);
    if (pool.members.length > 0) this.#spread.update(pool.members);
  }

  pick(nowMs: number, request: PickRequest): Slot | undefined {
    const { key } = request;
    if (key === undefined) return this.#keyless.pick(nowMs, request);
    if (this.#pool.members.length === 0) return undefined;
    const owner = this.#slots.get(this.#spread.present().owner(key)) as Slot;
    if (isOpen(owner, request) && this.#hasRoom(owner)) return owner;
    // Those that have room may all be excluded: then the bound gives way, and not the exclusion.
    return this.#around(key, request, true) ?? this.#around(key, request, false);
  }

  #around(key: string, request: PickRequest, isBounded: boolean): Slot | undefined {
    const id = this.#spread.present().firstWhere(key, (candidate) => {
      const slot = this.#slots.get(candidate) as Slot;
      return isOpen(slot, request) && (!isBounded || this.#hasRoom(slot));
    });
    return id === undefined ? undefined : this.#slots.get(id);
  }

  #hasRoom({ inFlight, weight }: Slot): boolean {
    const share = weight / this.#weight;
    return inFlight < Math.ceil(this.#factor * share * (this.#pool.tally.inFlight + 1));
  }
}

function isOpen(slot: Slot, request: PickRequest): boolean {
  return slot.isUsable && !isExcluded(request, slot);
}
