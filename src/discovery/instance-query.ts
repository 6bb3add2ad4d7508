/**
 * Which instances of a service somebody wants, nearest first: a value that is made once and asked as often as one
 * likes. What it finds in a snapshot is kept for as long as the snapshot is, so that to ask again costs a look into a
 * table and leaves no garbage; pickers may compare two answers by identity.
 */
import { invalidOption } from '../base/index.ts';
import type { Instance, ServiceSnapshot } from './instance.ts';
import { VersionRange } from './version-range.ts';

export interface InstanceQueryOptions {
  /** `passing`: nothing else. `warning`: these too. `any`: whatever their status, draining ones included. Default `passing`. */
  readonly status?: 'passing' | 'warning' | 'any';
  /** It has all of them. */
  readonly tags?: readonly string[];
  /** Its version is in this range, such as `^1.2.0` or `>=1.2 <2`; who tells no version is left out. */
  readonly version?: string;
  /** It has all of these, with these values. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Where the asking is done: first what is in this zone, then what is in this region, then all others. */
  readonly near?: { readonly zone?: string; readonly region?: string };
  /** Zones in the order in which one falls back on the next, behind the own one; what is in none of them comes last. */
  readonly failover?: readonly string[];
}

interface Answer {
  readonly instances: readonly Instance[];
  readonly tiers: readonly (readonly Instance[])[];
}

const statuses = ['passing', 'warning', 'any'];
const none: readonly Instance[] = Object.freeze([]);

export class InstanceQuery {
  readonly #options: InstanceQueryOptions;
  readonly #range: VersionRange | undefined;
  readonly #wanted: readonly (readonly [string, string])[];
  readonly #answers = new WeakMap<ServiceSnapshot, Answer>();

  /** Throws `invalid-option` for a range that is none, and for what must be one of a few words and is not. */
  constructor(options: InstanceQueryOptions = {}) {
    const { status = 'passing', version, metadata = {} } = options;
    if (!statuses.includes(status)) throw invalidOption('status', status, "'passing', 'warning' or 'any'");
    this.#options = options;
    this.#range = version === undefined ? undefined : new VersionRange(version);
    this.#wanted = Object.entries(metadata);
  }

  /** All that fit, nearest first, and by id among those that are as near. The same array for the same snapshot. */
  select(snapshot: ServiceSnapshot): readonly Instance[] {
    return this.#answer(snapshot).instances;
  }

  /** The same in groups that are equally near: one falls back on the next group. None of them is empty. */
  tiers(snapshot: ServiceSnapshot): readonly (readonly Instance[])[] {
    return this.#answer(snapshot).tiers;
  }

  /** The first of these groups, or nothing. */
  nearest(snapshot: ServiceSnapshot): readonly Instance[] {
    return this.#answer(snapshot).tiers[0] ?? none;
  }

  #answer(snapshot: ServiceSnapshot): Answer {
    const known = this.#answers.get(snapshot);
    if (known !== undefined) return known;
    const fitting = snapshot.instances.filter((instance) => this.#fits(instance));
    const groups = new Map<number, Instance[]>();
    for (const instance of fitting) {
      const distance = this.#distance(instance);
      const group = groups.get(distance);
      if (group === undefined) groups.set(distance, [instance]);
      else group.push(instance);
    }
    const tiers = [...groups].sort(([left], [right]) => left - right).map(([, group]) => group);
    const answer = { instances: tiers.length === 1 ? fitting : tiers.flat(), tiers };
    this.#answers.set(snapshot, answer);
    return answer;
  }

  #fits(instance: Instance): boolean {
    const { status = 'passing', tags = [] } = this.#options;
    if (
      status !== 'any' &&
      instance.status !== 'passing' &&
      (status === 'passing' || instance.status !== 'warning')
    )
      return false;
    if (!tags.every((tag) => instance.tags.includes(tag))) return false;
    if (!this.#wanted.every(([name, value]) => ownValue(instance.metadata, name) === value)) return false;
    return this.#range === undefined || this.#range.includes(instance.version);
  }

  /** 0: the own zone. Then the zones to fall back on, the own region, and the rest. */
  #distance({ zone, region }: Instance): number {
    const { near = {}, failover = [] } = this.#options;
    if (near.zone !== undefined && zone === near.zone) return 0;
    const place = zone === undefined ? -1 : failover.indexOf(zone);
    if (place >= 0) return 1 + place;
    const isNear = near.region !== undefined && region === near.region;
    return failover.length + (isNear ? 1 : 2);
  }
}

/** What it has itself, and not what every object has. */
function ownValue(metadata: Instance['metadata'], name: string): string | undefined {
  return Object.hasOwn(metadata, name) ? metadata[name] : undefined;
}
