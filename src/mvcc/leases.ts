/**
 * Leases and sessions. The store knows that a lease exists, what hangs on it and how much time it had left
 * when a leader last said so; it does not count time, because a clock read while applying would differ on
 * every member. The leader counts, and proposes what its clock decides.
 *
 * A session is a lease that also remembers answers, and may own other leases, which end with it.
 *
 * Leases live in memory, for the leader looks at them often; they go to the ordered store when it is about
 * to be committed. Which keys hang on a lease is only in the ordered store.
 */
import { ByteReader, ByteWriter } from '../base/index.ts';
import type { OrderedRange, OrderedStore } from '../ports/index.ts';
import { Answers } from './answers.ts';
import type { Attachments } from './keyspace.ts';
import type { StateHash } from './state-hash.ts';
import { attachmentKey, numberedKey, numberedKeyBytes, readNumber, tableEnd, tables } from './tables.ts';

/** What the leader's clock needs to know. */
export interface LeaseStatus {
  readonly lease: number;
  /** The session that owns it; 0 for none. */
  readonly session: number;
  readonly isSession: boolean;
  readonly ttlMs: number;
  /** Time left as of the last grant, renewal or checkpoint, whichever came last. */
  readonly remainingMs: number;
  /** Counts the renewals that went through the log; `lease-expire` and `lease-checkpoint` name it. */
  readonly renewals: number;
  /** How many keys vanish with it. */
  readonly keyCount: number;
}

export interface Lease {
  readonly id: number;
  readonly session: number;
  readonly ttlMs: number;
  remainingMs: number;
  renewals: number;
  keyCount: number;
  /** Present: it is a session. */
  readonly answers: Answers | undefined;
  /** Leases that end with this session. */
  owned: Set<number> | undefined;
}

const noBytes = new Uint8Array(0);

export class Leases implements Attachments {
  readonly #store: OrderedStore;
  readonly #hash: StateHash;
  readonly #leases = new Map<number, Lease>();
  /** Leases whose record in the store is not what it should be. */
  readonly #dirty = new Set<number>();
  /** Their numbers may come again as those of leases, which have no answers. */
  readonly #endedSessions = new Set<number>();
  readonly #writer = new ByteWriter(256);

  constructor(store: OrderedStore, hash: StateHash) {
    this.#store = store;
    this.#hash = hash;
  }

  get count(): number {
    return this.#leases.size;
  }

  get(id: number): Lease | undefined {
    return this.#leases.get(id);
  }

  *statuses(): IterableIterator<LeaseStatus> {
    for (const lease of this.#leases.values()) yield statusOf(lease);
  }

  grant(id: number, ttlMs: number, session: number): Lease {
    return this.#add({ id, session, ttlMs, remainingMs: ttlMs, renewals: 0, keyCount: 0 }, false);
  }

  openSession(id: number, ttlMs: number): Lease {
    return this.#add({ id, session: 0, ttlMs, remainingMs: ttlMs, renewals: 0, keyCount: 0 }, true);
  }

  renew(lease: Lease): void {
    this.#hashOut(lease);
    lease.remainingMs = lease.ttlMs;
    lease.renewals += 1;
    this.#hashIn(lease);
    this.#dirty.add(lease.id);
  }

  checkpoint(lease: Lease, remainingMs: number): void {
    this.#hashOut(lease);
    lease.remainingMs = Math.min(remainingMs, lease.ttlMs);
    this.#hashIn(lease);
    this.#dirty.add(lease.id);
  }

  /** The session's answers have changed. */
  touch(lease: Lease): void {
    this.#dirty.add(lease.id);
  }

  /** Forgets a lease. Its keys and the leases that it owned are already gone. */
  end(lease: Lease): void {
    this.#hashOut(lease);
    lease.answers?.end();
    this.#leases.get(lease.session)?.owned?.delete(lease.id);
    this.#leases.delete(lease.id);
    this.#dirty.add(lease.id);
    if (lease.answers !== undefined) this.#endedSessions.add(lease.id);
  }

  attach(id: number, key: Uint8Array): void {
    this.#store.put(attachmentKey(id, key), noBytes);
    this.#countKeys(id, 1);
  }

  detach(id: number, key: Uint8Array): void {
    this.#store.delete(attachmentKey(id, key));
    this.#countKeys(id, -1);
  }

  /** Copies of the keys on a lease, in byte order. */
  keysOf(id: number): Uint8Array[] {
    const keys: Uint8Array[] = [];
    const range = { start: attachmentKey(id, noBytes), end: attachmentKey(id + 1, noBytes) };
    const cursor = this.#store.scan(range);
    while (cursor.next()) keys.push(cursor.key.slice(numberedKeyBytes));
    return keys;
  }

  /** Brings the records in the ordered store up to date. */
  flush(): void {
    for (const id of this.#dirty) {
      const lease = this.#leases.get(id);
      this.#flushRecord(tables.lease, id, lease && ((writer) => encodeTerms(writer, lease)));
      const answers = lease?.answers;
      if (answers !== undefined || this.#endedSessions.has(id))
        this.#flushRecord(tables.session, id, answers && ((writer) => answers.encode(writer)));
    }
    this.#dirty.clear();
    this.#endedSessions.clear();
  }

  #flushRecord(table: number, id: number, encode: ((writer: ByteWriter) => void) | undefined): void {
    const key = numberedKey(table, id);
    if (encode === undefined) {
      this.#store.delete(key);
      return;
    }
    this.#writer.reset();
    encode(this.#writer);
    this.#store.put(key, this.#writer.bytes());
  }

  /** Reads the leases that the ordered store holds. Their share of the state hash is summed up on the way. */
  load(): void {
    const leases = this.#store.scan(wholeTable(tables.lease));
    while (leases.next()) this.adoptLease(readNumber(leases.key, 1), leases.value);
    const sessions = this.#store.scan(wholeTable(tables.session));
    while (sessions.next()) this.adoptAnswers(readNumber(sessions.key, 1), sessions.value);
    const attachments = this.#store.scan(wholeTable(tables.attachment));
    while (attachments.next()) this.#countKeys(readNumber(attachments.key, 1), 1);
    // A lease may have been read before the session that owns it.
    for (const lease of this.#leases.values()) this.#link(lease);
    this.#dirty.clear();
  }

  /** Takes over what `flush` wrote, here or elsewhere. Sessions come with their leases before their answers. */
  adoptLease(id: number, bytes: Uint8Array): void {
    const reader = new ByteReader(bytes, 'lease');
    const kind = reader.u8();
    if (kind > 1) throw reader.malformed(`unknown kind ${kind}`, 0);
    const [session, ttlMs, remainingMs] = [reader.varint(), reader.varint(), reader.varint()];
    const lease = { id, session, ttlMs, remainingMs, renewals: reader.varint(), keyCount: 0 };
    reader.end();
    this.#add(lease, kind === 1);
  }

  adoptAnswers(id: number, bytes: Uint8Array): void {
    const reader = new ByteReader(bytes, 'session');
    const { answers } = this.#leases.get(id) ?? {};
    if (answers === undefined) throw reader.malformed(`answers of ${id}, which is no session`, 0);
    answers.decode(reader);
    this.#dirty.add(id);
  }

  #add(fields: Omit<Lease, 'answers' | 'owned'>, isSession: boolean): Lease {
    const answers = isSession ? new Answers(fields.id, this.#hash) : undefined;
    const lease: Lease = { ...fields, answers, owned: undefined };
    this.#leases.set(lease.id, lease);
    this.#hashIn(lease);
    this.#dirty.add(lease.id);
    this.#link(lease);
    return lease;
  }

  #link(lease: Lease): void {
    const owner = this.#leases.get(lease.session);
    if (owner === undefined) return;
    owner.owned ??= new Set();
    owner.owned.add(lease.id);
  }

  #countKeys(id: number, difference: 1 | -1): void {
    const lease = this.#leases.get(id);
    if (lease === undefined) return;
    lease.keyCount += difference;
    this.#dirty.add(id);
  }

  #hashIn(lease: Lease): void {
    this.#writer.reset();
    encodeTerms(this.#writer, lease);
    this.#hash.add(tables.lease, lease.id, 0, this.#writer.bytes());
  }

  #hashOut(lease: Lease): void {
    this.#writer.reset();
    encodeTerms(this.#writer, lease);
    this.#hash.remove(tables.lease, lease.id, 0, this.#writer.bytes());
  }
}

export function statusOf(lease: Lease): LeaseStatus {
  const { id, session, answers, ttlMs, remainingMs, renewals, keyCount } = lease;
  return { lease: id, session, isSession: answers !== undefined, ttlMs, remainingMs, renewals, keyCount };
}

function encodeTerms(writer: ByteWriter, lease: Lease): void {
  writer.u8(lease.answers === undefined ? 0 : 1);
  writer.varint(lease.session);
  writer.varint(lease.ttlMs);
  writer.varint(lease.remainingMs);
  writer.varint(lease.renewals);
}

function wholeTable(table: number): OrderedRange {
  return { start: Uint8Array.of(table), end: tableEnd(table) };
}
