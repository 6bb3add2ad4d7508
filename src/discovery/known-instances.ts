/**
 * What a watch has told of a service, folded into one list. Two things are kept from whoever reads the list: documents
 * that say nothing usable, and news from the past.
 *
 * A watch takes itself up again on another server after a loss, and a server that lags may list what was there before:
 * instances that are gone would come back. Numbers of creation grow in a directory, so a listing is from the past where
 * it shows an item that was replaced since, or one that is known to be gone. Then nothing of it is believed. Where it
 * says so again and again, it is the registry that has gone back, as one does that was restored from a backup; then
 * what it says is believed.
 */
import type { Item, WatchBatch, WatchEvent } from '../engines/port/index.ts';
import type { Instance } from './instance.ts';
import { decodeInstance, type RefusalReason } from './instance-document.ts';
import type { InstanceChanges } from './sorted-instances.ts';

export interface Loss {
  readonly instance: Instance;
  /** `gone`: deleted or expired, which of them was missed. */
  readonly cause: 'deleted' | 'expired' | 'gone';
}

export type BatchEffect =
  /** Nothing of it was believed; the watch is to begin anew. */
  | { readonly kind: 'from-the-past' }
  | {
      readonly kind: 'applied';
      readonly changes: InstanceChanges;
      readonly losses: readonly Loss[];
      readonly refusals: readonly { readonly id: string; readonly reason: RefusalReason }[];
    };

interface Known {
  readonly created: number;
  readonly modified: number;
  /** Undefined: its document was refused. */
  readonly instance: Instance | undefined;
}

interface Gathered {
  readonly changes: Map<string, Instance | undefined>;
  readonly losses: Loss[];
  readonly refusals: { id: string; reason: RefusalReason }[];
}

/** So many that are gone are remembered, so that a listing from the past is known by them. */
const goneMax = 1_024;
/** So many listings in a row may be from the past. */
const disbeliefMax = 3;

export class KnownInstances {
  readonly #service: string;
  readonly #skip: number;
  readonly #known = new Map<string, Known>();
  /** By id, when they were created, the oldest loss first. */
  readonly #gone = new Map<string, number>();
  #disbeliefs = 0;
  #newest = 0;

  /** `directory` is where its items lie. */
  constructor(service: string, directory: string) {
    this.#service = service;
    this.#skip = directory.length + 1;
  }

  /** The largest number of creation that was seen, of whatever became of it. */
  get newest(): number {
    return this.#newest;
  }

  apply(batch: WatchBatch): BatchEffect {
    const gathered: Gathered = { changes: new Map(), losses: [], refusals: [] };
    if (batch.kind === 'changes') for (const event of batch.events) this.#follow(event, gathered);
    else if (this.#isFromThePast(batch.items)) return { kind: 'from-the-past' };
    else this.#replace(batch.items, gathered);
    return { kind: 'applied', ...gathered };
  }

  #isFromThePast(items: readonly Item[]): boolean {
    if (!items.some((item) => this.#isOld(this.#idOf(item.key), item))) {
      this.#disbeliefs = 0;
      return false;
    }
    this.#disbeliefs += 1;
    if (this.#disbeliefs <= disbeliefMax) return true;
    this.#disbeliefs = 0;
    this.#gone.clear();
    this.#newest = 0;
    return false;
  }

  /** Replaced or gone since, as far as that is remembered. */
  #isOld(id: string, { created }: Item): boolean {
    const known = this.#known.get(id)?.created ?? 0;
    const gone = this.#gone.get(id) ?? -1;
    return created < known || created <= gone;
  }

  #replace(items: readonly Item[], gathered: Gathered): void {
    const listed = new Set(items.map(({ key }) => this.#idOf(key)));
    for (const id of [...this.#known.keys()]) if (!listed.has(id)) this.#remove(id, 'gone', gathered);
    for (const item of items) {
      const id = this.#idOf(item.key);
      const known = this.#known.get(id);
      if (known?.modified !== item.modified || known.created !== item.created) this.#put(id, item, gathered);
    }
  }

  #follow(event: WatchEvent, gathered: Gathered): void {
    const id = this.#idOf(event.key);
    if (event.kind !== 'put') this.#remove(id, event.kind, gathered);
    else if (!this.#isOld(id, event.item)) this.#put(id, event.item, gathered);
  }

  #put(id: string, { value, created, modified }: Item, gathered: Gathered): void {
    const decoded = decodeInstance(value, { service: this.#service, id, token: created });
    const instance = typeof decoded === 'string' ? undefined : decoded;
    if (typeof decoded === 'string') gathered.refusals.push({ id, reason: decoded });
    this.#known.set(id, { created, modified, instance });
    this.#gone.delete(id);
    this.#newest = Math.max(this.#newest, created);
    gathered.changes.set(id, instance);
  }

  #remove(id: string, cause: Loss['cause'], { changes, losses }: Gathered): void {
    const known = this.#known.get(id);
    if (known === undefined) return;
    this.#known.delete(id);
    this.#remember(id, known.created);
    changes.set(id, undefined);
    if (known.instance !== undefined) losses.push({ instance: known.instance, cause });
  }

  #remember(id: string, created: number): void {
    this.#gone.delete(id);
    this.#gone.set(id, created);
    if (this.#gone.size <= goneMax) return;
    for (const oldest of this.#gone.keys()) {
      this.#gone.delete(oldest);
      return;
    }
  }

  #idOf(key: string): string {
    return key.slice(this.#skip);
  }
}
