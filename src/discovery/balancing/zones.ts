/**
 * Keeps calls in the zone of who makes them while that zone's healthy instances can carry its part of the load, and
 * sends on what they cannot, in proportion. Callers of a zone are taken to make an even part of all calls unless it is
 * said otherwise. With a key it is the key that decides, so that its calls stay together.
 */
import { invalidOption } from '../../base/index.ts';
import { murmur3 } from '../../placement/index.ts';
import type { PickRequest } from './picker.ts';

export interface ZoneOptions {
  /** Where this program runs. */
  readonly name: string;
  /** How much of all calls is made by programs of this zone, above 0 and at most 1. Default: one part for each zone. */
  readonly callersShare?: number;
  /** How much more than its even share an instance can carry, from 1 up; 1.4 unless given. */
  readonly overprovision?: number;
}

/** What stands behind the share that stays: weights of healthy instances, here and everywhere. */
export interface ZoneCapacity {
  readonly hereWeight: number;
  readonly totalWeight: number;
  readonly zones: number;
}

const keySeed = 0x51ed_270b;
const numbers = 0x1_0000_0000;

export class ZoneSpill {
  readonly name: string;
  readonly #callersShare: number | undefined;
  readonly #overprovision: number;
  /** Of calls, from 0 to 1. */
  hereShare = 1;
  /** Parts of calls that went elsewhere and have not been made up to a whole one yet. */
  #owed = 0;

  constructor({ name, callersShare, overprovision = 1.4 }: ZoneOptions) {
    if (typeof name !== 'string' || name === '')
      throw invalidOption('zone.name', name, 'a text that is not empty');
    if (callersShare !== undefined && !(callersShare > 0 && callersShare <= 1)) {
      throw invalidOption('zone.callersShare', callersShare, 'a number above 0 and at most 1');
    }
    if (!(overprovision >= 1 && overprovision < Number.POSITIVE_INFINITY)) {
      throw invalidOption('zone.overprovision', overprovision, 'a finite number from 1 up');
    }
    this.name = name;
    this.#callersShare = callersShare;
    this.#overprovision = overprovision;
  }

  adapt({ hereWeight, totalWeight, zones }: ZoneCapacity): void {
    const wanted = this.#callersShare ?? 1 / zones;
    const capacity = totalWeight === 0 ? 0 : hereWeight / totalWeight;
    this.hereShare = Math.min(1, (this.#overprovision * capacity) / wanted);
  }

  /** Whether this call stays here. */
  keeps({ key }: PickRequest): boolean {
    if (this.hereShare === 1) return true;
    if (key !== undefined) return (murmur3(key, keySeed) >>> 0) / numbers < this.hereShare;
    this.#owed += 1 - this.hereShare;
    if (this.#owed < 1) return true;
    this.#owed -= 1;
    return false;
  }
}
