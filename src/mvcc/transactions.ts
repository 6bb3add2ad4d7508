/**
 * Transactions, of which a put, a delete or a get alone is the smallest. Everything that could be wrong is
 * found before the first change is made, so there is nothing to roll back: a transaction is refused whole or
 * carried out whole.
 */
import { appendedBytes } from './appended-keys.ts';
import type { Compare, Get, KeyRange, Operation, Put, Transaction } from './commands.ts';
import { holds } from './compares.ts';
import type { Head } from './head.ts';
import { type Keyspace, putBytesMin } from './keyspace.ts';
import type { Leases } from './leases.ts';
import {
  keyWritten,
  type PreparedAdd,
  type PreparedAppend,
  type PreparedOperation,
  prepare,
} from './prepared-operations.ts';
import { compareKeys, contains } from './ranges.ts';
import type { Reads } from './reads.ts';
import { type Refusal, refuse } from './refusals.ts';
import type { ReplyWriter } from './reply-writer.ts';
import type { StoreState } from './state.ts';
import { boundBytesMax } from './tables.ts';

export interface TransactionParts {
  readonly state: StoreState;
  readonly keyspace: Keyspace;
  readonly leases: Leases;
  readonly reads: Reads;
  readonly reply: ReplyWriter;
}

/** What writes one key. */
type Write = Put | PreparedAppend | PreparedAdd;

export class Transactions {
  readonly #parts: TransactionParts;
  /** Keys that the command in hand deletes, sorts or compares, and keys that its gets have visited. */
  #touched = 0;
  #visited = 0;

  constructor(parts: TransactionParts) {
    this.#parts = parts;
  }

  /** Carries out one operation and writes its reply, or says why not. */
  single(operation: Operation): Refusal | undefined {
    const { state, reply } = this.#parts;
    this.#begin();
    const misshapen = this.#checkShape(operation);
    if (misshapen !== undefined) return misshapen;
    const prepared = this.#prepare([operation]);
    if ('code' in prepared) return prepared;
    reply.begin(operation.kind, state.limits.replyBytesMax);
    for (const one of prepared) this.#run(one);
    return undefined;
  }

  run({ compares, onSuccess, onFailure }: Transaction): Refusal | undefined {
    const { state, reply, reads, leases } = this.#parts;
    this.#begin();
    const misshapen = this.#checkShapes(compares, onSuccess, onFailure);
    if (misshapen !== undefined) return misshapen;
    const succeeded = compares.every((compare) => holds(compare, reads, leases));
    const operations = succeeded ? onSuccess : onFailure;
    const prepared = this.#prepare(operations);
    if ('code' in prepared) return prepared;
    reply.begin('transaction', state.limits.replyBytesMax);
    reply.transaction(succeeded);
    const outer = reply.beginList();
    for (const operation of prepared) {
      reply.tag(operation.kind);
      this.#run(operation);
    }
    reply.endList(outer);
    return undefined;
  }

  #begin(): void {
    this.#touched = 0;
    this.#visited = 0;
  }

  /** What is wrong whatever the state is, in either branch. */
  #checkShapes(
    compares: readonly Compare[],
    onSuccess: readonly Operation[],
    onFailure: readonly Operation[],
  ): Refusal | undefined {
    const { limits, revision } = this.#parts.state;
    const { operationsMax } = limits;
    const most = Math.max(compares.length, onSuccess.length, onFailure.length);
    if (most > operationsMax) return refuse('transaction-too-large', most, operationsMax);
    for (const compare of compares) {
      const refusal = this.#checkCompare(compare);
      if (refusal !== undefined) return refusal;
    }
    for (const operations of [onSuccess, onFailure]) {
      for (const operation of operations) {
        const refusal = this.#checkShape(operation);
        if (refusal !== undefined) return refusal;
      }
      const duplicate = findDuplicate(operations, revision + 1);
      if (duplicate !== 0) return refuse('duplicate-key', duplicate);
    }
    return undefined;
  }

  #checkShape(operation: Operation): Refusal | undefined {
    if (operation.kind === 'get' || operation.kind === 'delete') return checkRange(operation.range);
    const { keyBytesMax } = this.#parts.state.limits;
    const keyBytes =
      operation.kind === 'append'
        ? operation.prefix.length + appendedBytes + operation.suffix.length
        : operation.key.length;
    if (keyBytes > keyBytesMax) return refuse('key-too-large', keyBytes, keyBytesMax);
    return operation.kind === 'add' ? undefined : this.#checkValue(operation.value);
  }

  #checkValue({ length }: Uint8Array): Refusal | undefined {
    const { valueBytesMax } = this.#parts.state.limits;
    return length > valueBytesMax ? refuse('value-too-large', length, valueBytesMax) : undefined;
  }

  #checkCompare(compare: Compare): Refusal | undefined {
    if (compare.target === 'lease-live') return undefined;
    const refusal = checkRange(compare.range);
    if (refusal !== undefined || compare.range.end === undefined) return refusal;
    if (compare.target === 'exists' || compare.target === 'absent') return undefined;
    return this.#touch(compare.range);
  }

  /** Adds the keys of a range to those that the command touches. */
  #touch(range: KeyRange, revision = 0): Refusal | undefined {
    const { keysTouchedMax } = this.#parts.state.limits;
    const left = keysTouchedMax - this.#touched;
    const count = this.#parts.reads.countUpTo(range, left, revision);
    this.#touched += count;
    return count > left ? refuse('too-many-keys', keysTouchedMax) : undefined;
  }

  /** The operations of the branch that was chosen as they are carried out, or what is wrong with them, in the state as it is. */
  #prepare(operations: readonly Operation[]): readonly PreparedOperation[] | Refusal {
    const { keyspace, state } = this.#parts;
    const prepared = prepare(operations, keyspace, state.revision + 1);
    return 'code' in prepared ? prepared : (this.#check(prepared) ?? prepared);
  }

  #check(operations: readonly PreparedOperation[]): Refusal | undefined {
    const { state, reads } = this.#parts;
    let growthBytes = 0;
    for (const operation of operations) {
      let refusal: Refusal | undefined;
      if (isWrite(operation)) {
        growthBytes += putBytesMin(operation.key, operation.value);
        if (operation.kind === 'add') refusal = this.#checkValue(operation.value);
        if (operation.lease !== 0) refusal ??= this.#checkLease(operation, operations);
      } else if (operation.kind === 'get') {
        refusal = reads.check(operation) ?? this.#checkSort(operation);
      } else if (operation.range.end !== undefined) {
        refusal = this.#touch(operation.range);
      }
      if (refusal !== undefined) return refusal;
    }
    const { usedBytes, limits } = state;
    const isOver = growthBytes > 0 && usedBytes + growthBytes > limits.quotaBytes;
    return isOver ? refuse('quota-exceeded', usedBytes, limits.quotaBytes) : undefined;
  }

  #checkSort({ range, order, content, revision }: Get): Refusal | undefined {
    const sorts = order !== 'key' && content !== 'count' && range.end !== undefined;
    return sorts ? this.#touch(range, revision) : undefined;
  }

  #checkLease({ lease: id }: Write, operations: readonly PreparedOperation[]): Refusal | undefined {
    const { leases, keyspace, state } = this.#parts;
    const { leaseKeysMax } = state.limits;
    const lease = leases.get(id);
    if (lease === undefined) return refuse('lease-not-found', id);
    if (lease.keyCount + operations.length <= leaseKeysMax) return undefined;
    const added = operations.filter(
      (other) => isWrite(other) && other.lease === id && keyspace.find(other.key)?.lease !== id,
    );
    return lease.keyCount + added.length > leaseKeysMax ? refuse('lease-full', id, leaseKeysMax) : undefined;
  }

  #run(operation: PreparedOperation): void {
    const { state, reads, reply, keyspace } = this.#parts;
    switch (operation.kind) {
      case 'put':
        return this.#put(operation);
      case 'delete':
        return this.#delete(operation.range, operation.wantPrevious);
      case 'get':
        this.#visited += reads.get(operation, reply, state.limits.keysVisitedMax - this.#visited);
        return;
      case 'append':
        reply.appended(operation.key);
        break;
      case 'add':
        reply.added(operation.before, operation.after);
        break;
    }
    keyspace.replace(operation.head, operation);
  }

  #put({ key, value, lease, keepLease, wantPrevious }: Put): void {
    const { keyspace, reply } = this.#parts;
    const head = wantPrevious ? keyspace.find(key) : undefined;
    const before = head === undefined ? undefined : keyspace.event(head);
    reply.put(key, head === undefined || before === undefined ? undefined : { head, value: before.value });
    keyspace.put(key, value, lease, keepLease);
  }

  #delete(range: KeyRange, wantPrevious: boolean): void {
    if (range.end === undefined && !wantPrevious) return this.#deleteKey(range.start);
    const { keyspace, reads, reply } = this.#parts;
    const outer = reply.beginList();
    const found: { readonly key: Uint8Array; readonly head: Head }[] = [];
    const walk = reads.walk(range);
    let truncated = false;
    while (walk.next()) {
      found.push({ key: walk.key.slice(), head: walk.head });
      if (wantPrevious && !truncated) truncated = !reply.entry(walk.key, walk.value, walk.head);
    }
    walk.close();
    for (const { key, head } of found) keyspace.remove(key, head, 'delete');
    reply.endList(outer);
    reply.deleted(found.length, truncated);
  }

  /** One key needs no cursor, which costs several times what the deletion does. */
  #deleteKey(key: Uint8Array): void {
    const { keyspace, reply } = this.#parts;
    reply.endList(reply.beginList());
    const head = keyspace.find(key);
    if (head !== undefined) keyspace.remove(key, head, 'delete');
    reply.deleted(head === undefined ? 0 : 1, false);
  }
}

/** What is read or deleted may be longer than what may be put today: the limit may have been higher once. */
function checkRange({ start, end }: KeyRange): Refusal | undefined {
  const bytes = Math.max(start.length, end?.length ?? 0);
  return bytes > boundBytesMax ? refuse('key-too-large', bytes, boundBytesMax) : undefined;
}

function isWrite(operation: PreparedOperation): operation is Write {
  return operation.kind !== 'get' && operation.kind !== 'delete';
}

/** The number, from 1, of the first write of a key which another operation before it, or any delete, writes, too; 0 for none. */
function findDuplicate(operations: readonly Operation[], revision: number): number {
  const puts: { readonly key: Uint8Array; readonly number: number }[] = [];
  for (const [place, operation] of operations.entries()) {
    const key = keyWritten(operation, { revision, place });
    if (key !== undefined) puts.push({ key, number: place + 1 });
  }
  let first = operations.length + 1;
  for (const operation of operations) {
    if (operation.kind !== 'delete') continue;
    const both = puts.find(({ key }) => contains(operation.range, key));
    if (both !== undefined) first = Math.min(first, both.number);
  }
  puts.sort((left, right) => compareKeys(left.key, right.key) || left.number - right.number);
  for (const [index, put] of puts.entries()) {
    const before = puts[index - 1];
    if (before !== undefined && compareKeys(before.key, put.key) === 0) first = Math.min(first, put.number);
  }
  return first > operations.length ? 0 : first;
}
