/**
 * The zones of a history as columns of numbers: which value, between which positions, proven by which
 * operations. Built in two passes, writes first, because a read may stand before its write.
 */
import { type HistoryKey, type Operation, type Scalar, valueText } from '../../history/index.ts';
import { type Anomaly, unwrittenRead } from '../verdict/index.ts';

/** Stands for "no end"; above every position. */
const never = 0x7fff_ffff;
const unsuitedKey = -1;

export interface ImpossibleRead {
  readonly keyId: number;
  readonly anomaly: Anomaly;
}

export class ZoneTable {
  readonly keys: HistoryKey[] = [];
  readonly unsuited: HistoryKey[] = [];
  readonly impossibleReads: ImpossibleRead[] = [];
  /** Per position of the history: the zone that begins there, plus one; 0 for none. */
  readonly zoneAtPosition: Int32Array;
  /** Per zone: its key. */
  readonly keyOf: Int32Array;
  /** Per zone: the first end of one of its operations (f), and the last beginning (s). */
  readonly first: Int32Array;
  readonly last: Int32Array;
  readonly #operations: readonly Operation[];
  readonly #initial: Scalar;
  /** Per key: the zone of the value that it holds at first; it begins before every position. -1 while unread. */
  readonly initialZones: number[] = [];
  /** Per zone: the write, and the operations that made `first` and `last`; -1 is the initial value's write. */
  readonly #writeOf: Int32Array;
  readonly #firstBy: Int32Array;
  readonly #lastBy: Int32Array;
  /** Per key: the zone of each value. */
  readonly #zones: Map<Scalar, number>[] = [];
  readonly #suited: boolean[] = [];
  #zoneCount = 0;

  constructor(operations: readonly Operation[], initial: Scalar) {
    this.#operations = operations;
    this.#initial = initial;
    const keyIds = this.#keyIds();
    const capacity = operations.length + this.keys.length;
    this.keyOf = new Int32Array(capacity);
    this.first = new Int32Array(capacity);
    this.last = new Int32Array(capacity);
    this.#writeOf = new Int32Array(capacity);
    this.#firstBy = new Int32Array(capacity);
    this.#lastBy = new Int32Array(capacity);
    this.#takeWrites(keyIds);
    for (const [keyId, key] of this.keys.entries()) if (!this.#suited[keyId]) this.unsuited.push(key);
    this.#takeReads(keyIds);
    this.zoneAtPosition = this.#placeZones();
  }

  valueText(zone: number): string {
    const write = this.#writeOf[zone] as number;
    return valueText(write < 0 ? this.#initial : (this.#operations[write] as Operation).input);
  }

  /** The operations that hold a zone in place: its write, the first that ended, the last that began. */
  proof(zone: number): readonly Operation[] {
    const columns = [this.#writeOf, this.#firstBy, this.#lastBy];
    const places = new Set(columns.map((column) => column[zone] as number));
    return [...places].filter((place) => place >= 0).map((place) => this.#operations[place] as Operation);
  }

  /** Numbers the keys, and finds for each operation its key, or `unsuitedKey` where it plays no part. */
  #keyIds(): Int32Array {
    const keyIds = new Int32Array(this.#operations.length).fill(unsuitedKey);
    const ids = new Map<HistoryKey, number>();
    let lastKey: HistoryKey | undefined;
    let keyId: number | undefined;
    for (let place = 0; place < keyIds.length; place += 1) {
      const { key, outcome, f } = this.#operations[place] as Operation;
      if (key === null || outcome === 'not-applied') continue;
      if (key !== lastKey) keyId = ids.get(key);
      lastKey = key;
      if (keyId === undefined) {
        keyId = this.keys.length;
        ids.set(key, keyId);
        this.keys.push(key);
        this.#suited.push(true);
        this.initialZones.push(-1);
        this.#zones.push(new Map());
      }
      keyIds[place] = keyId;
      if (f !== 'read' && f !== 'write') this.#suited[keyId] = false;
    }
    return keyIds;
  }

  #takeWrites(keyIds: Int32Array): void {
    for (let place = 0; place < keyIds.length; place += 1) {
      const keyId = keyIds[place] as number;
      if (keyId === unsuitedKey || !this.#suited[keyId]) continue;
      const { f, input, invokeAt, completeAt } = this.#operations[place] as Operation;
      if (f !== 'write') continue;
      const zones = this.#zones[keyId] as Map<Scalar, number>;
      const end = completeAt === Number.POSITIVE_INFINITY ? never : completeAt;
      const values = zones.size;
      zones.set(input as Scalar, this.#addZone(keyId, place, end, invokeAt));
      if (input === this.#initial || zones.size === values) this.#suited[keyId] = false;
    }
  }

  #takeReads(keyIds: Int32Array): void {
    for (let place = 0; place < keyIds.length; place += 1) {
      const keyId = keyIds[place] as number;
      if (keyId === unsuitedKey || !this.#suited[keyId]) continue;
      const operation = this.#operations[place] as Operation;
      if (operation.f !== 'read' || operation.outcome !== 'applied') continue;
      const zone = this.#zoneOfRead(keyId, operation);
      if (zone === undefined) continue;
      if (operation.completeAt < (this.first[zone] as number)) {
        this.first[zone] = operation.completeAt;
        this.#firstBy[zone] = place;
      }
      if (operation.invokeAt > (this.last[zone] as number)) {
        this.last[zone] = operation.invokeAt;
        this.#lastBy[zone] = place;
      }
    }
  }

  #zoneOfRead(keyId: number, read: Operation): number | undefined {
    const zones = this.#zones[keyId] as Map<Scalar, number>;
    const value = read.output as Scalar;
    const zone = zones.get(value);
    if (zone === undefined) {
      if (value === this.#initial) {
        const initialZone = this.#addZone(keyId, -1, -1, -1);
        zones.set(value, initialZone);
        this.initialZones[keyId] = initialZone;
        return initialZone;
      }
      this.impossibleReads.push({ keyId, anomaly: unwrittenRead(this.#operations, read, value) });
      return undefined;
    }
    const write = this.#writeOf[zone] as number;
    if (write < 0 || read.completeAt > (this.#operations[write] as Operation).invokeAt) return zone;
    this.impossibleReads.push({ keyId, anomaly: fromTheFuture(read, this.#operations[write] as Operation) });
    return undefined;
  }

  #addZone(keyId: number, write: number, end: number, begin: number): number {
    const zone = this.#zoneCount;
    this.#zoneCount += 1;
    this.keyOf[zone] = keyId;
    this.first[zone] = end;
    this.last[zone] = begin;
    this.#writeOf[zone] = write;
    this.#firstBy[zone] = write;
    this.#lastBy[zone] = write;
    return zone;
  }

  #placeZones(): Int32Array {
    let end = 0;
    for (const { invokeAt } of this.#operations) end = Math.max(end, invokeAt + 1);
    const placed = new Int32Array(end);
    for (let zone = 0; zone < this.#zoneCount; zone += 1) {
      // The key turned out unsuited behind its first writes.
      if (!this.#suited[this.keyOf[zone] as number]) continue;
      const begin = Math.min(this.first[zone] as number, this.last[zone] as number);
      if (begin >= 0) placed[begin] = zone + 1;
    }
    return placed;
  }
}

function fromTheFuture(read: Operation, write: Operation): Anomaly {
  const reason = `${valueText(read.output)} was read before its write began`;
  return { name: 'future-read', key: read.key, reason, operations: [read, write] };
}
