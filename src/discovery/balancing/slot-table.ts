/**
 * The slots of a service, kept in step with its snapshots. An instance that goes on is the slot that it was; one that
 * was registered anew, which its token tells, is another one, because it is another process or has lost what it had.
 */
import type { Instance, ServiceSnapshot } from '../instance.ts';
import { checkedWeight, Slot } from './slot.ts';

export class SlotTable {
  /** Weights that are none, as of the latest snapshot. */
  weightsRefused = 0;
  readonly #slots = new Map<string, Slot>();
  #hasHeard = false;

  get size(): number {
    return this.#slots.size;
  }

  get(id: string): Slot | undefined {
    return this.#slots.get(id);
  }

  all(): Iterable<Slot> {
    return this.#slots.values();
  }

  /** Whether keys have to be spread anew: another set of those that are given calls, another weight, another zone. */
  update({ instances }: ServiceSnapshot, nowMs: number): boolean {
    let isAnotherSet = false;
    this.weightsRefused = 0;
    const gone = new Set(this.#slots.keys());
    for (const instance of instances) {
      gone.delete(instance.id);
      if (this.#put(instance, nowMs)) isAnotherSet = true;
    }
    for (const id of gone) {
      this.#slots.get(id)?.leavePool();
      this.#slots.delete(id);
      isAnotherSet = true;
    }
    this.#hasHeard ||= instances.length > 0;
    return isAnotherSet;
  }

  #put(instance: Instance, nowMs: number): boolean {
    const weight = checkedWeight(instance.weight);
    if (weight === undefined) this.weightsRefused += 1;
    const known = this.#slots.get(instance.id);
    const isSame = known !== undefined && known.instance.token === instance.token;
    const slot = isSame ? known : new Slot(instance);
    const before = slot.instance;
    if (!isSame) {
      known?.leavePool();
      this.#slots.set(instance.id, slot);
      // Who was there before anybody called carries the load from the first call on.
      if (this.#hasHeard) slot.rampFromMs = nowMs;
    } else if (!isServing(before) && isServing(instance)) slot.rampFromMs = nowMs;
    const isChanged =
      !isSame ||
      slot.weight !== (weight ?? 1) ||
      before.zone !== instance.zone ||
      (before.status === 'draining') !== (instance.status === 'draining');
    slot.instance = instance;
    slot.weight = weight ?? 1;
    return isChanged;
  }
}

function isServing({ status }: Instance): boolean {
  return status === 'passing' || status === 'warning';
}
