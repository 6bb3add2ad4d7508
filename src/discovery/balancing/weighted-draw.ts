/**
 * Draws slots at random by their weight. Weights that are all the same need no table. One whose weight still ramps up
 * is drawn as if it had all of it, and then left to chance: so the table stays as it is while time passes.
 */
import type { Prng } from '../../base/index.ts';
import { AliasTable } from './alias-table.ts';
import { isExcluded, type PickRequest } from './picker.ts';
import type { Slot } from './slot.ts';
import type { SlowStart } from './slow-start.ts';

/** Where so many draws were for nothing the next one who may be picked is taken. */
const drawsMax = 16;

export class WeightedDraw {
  readonly #random: Prng;
  readonly #slowStart: SlowStart;
  #slots: readonly Slot[] = [];
  /** Undefined where all weights are the same. */
  #table: AliasTable | undefined;
  /** From then on nobody ramps up. */
  #fullAtMs = Number.POSITIVE_INFINITY;

  constructor(random: Prng, slowStart: SlowStart) {
    this.#random = random;
    this.#slowStart = slowStart;
  }

  get slots(): readonly Slot[] {
    return this.#slots;
  }

  update(slots: readonly Slot[]): void {
    this.#slots = slots;
    const first = slots[0]?.weight;
    const isEven = slots.every(({ weight }) => weight === first);
    this.#table = isEven ? undefined : new AliasTable(slots.map(({ weight }) => weight));
    const fullAtMs = (latest: number, slot: Slot): number => Math.max(latest, this.#slowStart.fullAtMs(slot));
    this.#fullAtMs = slots.reduce(fullAtMs, Number.NEGATIVE_INFINITY);
  }

  /** Whether weights are all that counts, since nobody ramps up: then places are drawn without a look at the slots. */
  isPlain(nowMs: number): boolean {
    return nowMs >= this.#fullAtMs;
  }

  /** One of them, by weight. */
  place(): number {
    const table = this.#table;
    // Without the remainder that `below` takes, which costs more than all the rest; the bias is one in 2³² / length.
    return table === undefined ? (this.#random.float() * this.#slots.length) | 0 : table.draw(this.#random);
  }

  /** Another one, by weight, of two at least. */
  placeBesides(first: number): number {
    if (this.#table !== undefined) return this.#drawnBesides(first, this.#table);
    const among = (this.#random.float() * (this.#slots.length - 1)) | 0;
    // The others are counted past the first one; by a sign, since half of all guesses at a branch would be wrong.
    return among + 1 - ((among - first) >>> 31);
  }

  #drawnBesides(first: number, table: AliasTable): number {
    for (let draws = 0; draws < drawsMax; draws += 1) {
      const place = table.draw(this.#random);
      if (place !== first) return place;
    }
    return (first + 1 + this.#random.below(this.#slots.length - 1)) % this.#slots.length;
  }

  /** One that is not excluded, and not `besides`; undefined where there is none. */
  draw(nowMs: number, request: PickRequest, besides?: Slot): Slot | undefined {
    const slots = this.#slots;
    const random = this.#random;
    const { length } = slots;
    if (length === 0) return undefined;
    for (let draws = 0; draws < drawsMax; draws += 1) {
      const slot = slots[this.place()] as Slot;
      if (slot === besides || isExcluded(request, slot)) continue;
      const share = this.#slowStart.shareOf(slot, nowMs);
      if (share === 1 || random.float() < share) return slot;
    }
    return this.#next(request, besides);
  }

  #next(request: PickRequest, besides: Slot | undefined): Slot | undefined {
    const slots = this.#slots;
    const start = this.#random.below(slots.length);
    for (let step = 0; step < slots.length; step += 1) {
      const slot = slots[(start + step) % slots.length] as Slot;
      if (slot !== besides && !isExcluded(request, slot)) return slot;
    }
    return undefined;
  }
}
