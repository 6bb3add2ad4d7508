/**
 * What the operations of a command come to in the state as it is. The key that an append makes, and the number
 * that an add leaves, depend on that state; they are made out before anything else is checked, and from then on
 * both are writes of a known key and value, as a put is. No key is written twice in one command, so what is made
 * out here is still so when the operation's turn comes.
 */
import { type AppendedPlace, appendedKey } from './appended-keys.ts';
import type { Add, Append, Delete, Get, Operation, Put } from './commands.ts';
import { counterOf, counterValue } from './counters.ts';
import type { Head } from './head.ts';
import type { Keyspace } from './keyspace.ts';
import { type Refusal, refuse } from './refusals.ts';

export interface PreparedAppend {
  readonly kind: 'append';
  readonly key: Uint8Array;
  /** What the key is before. */
  readonly head: undefined;
  readonly value: Uint8Array;
  readonly lease: number;
  readonly keepLease: false;
}

export interface PreparedAdd {
  readonly kind: 'add';
  readonly key: Uint8Array;
  /** What the key is before. */
  readonly head: Head | undefined;
  readonly value: Uint8Array;
  readonly lease: number;
  readonly keepLease: boolean;
  readonly before: number;
  readonly after: number;
}

export type PreparedOperation = Put | Delete | Get | PreparedAppend | PreparedAdd;

/** Most commands hold none that need it, and are taken as they are. */
export function prepare(
  operations: readonly Operation[],
  keyspace: Keyspace,
  revision: number,
): readonly PreparedOperation[] | Refusal {
  if (operations.every(isPrepared)) return operations;
  const prepared: PreparedOperation[] = [];
  for (const [place, operation] of operations.entries()) {
    const one = prepareOne(operation, keyspace, { revision, place });
    if ('code' in one) return one;
    prepared.push(one);
  }
  return prepared;
}

/** The key that an operation writes, in the transaction that makes `revision`; a delete has a range of them. */
export function keyWritten(operation: Operation, at: AppendedPlace): Uint8Array | undefined {
  switch (operation.kind) {
    case 'put':
    case 'add':
      return operation.key;
    case 'append':
      return appendedKey(operation.prefix, at, operation.suffix);
    default:
      return undefined;
  }
}

function isPrepared(operation: Operation): operation is Put | Delete | Get {
  return operation.kind !== 'append' && operation.kind !== 'add';
}

function prepareOne(
  operation: Operation,
  keyspace: Keyspace,
  at: AppendedPlace,
): PreparedOperation | Refusal {
  switch (operation.kind) {
    case 'append':
      return prepareAppend(operation, keyspace, at);
    case 'add':
      return prepareAdd(operation, keyspace, at.place + 1);
    default:
      return operation;
  }
}

function prepareAppend(
  { prefix, suffix, value, lease }: Append,
  keyspace: Keyspace,
  at: AppendedPlace,
): PreparedAppend | Refusal {
  const key = appendedKey(prefix, at, suffix);
  const head = keyspace.find(key);
  if (head !== undefined) return refuse('key-exists', at.place + 1);
  return { kind: 'append', key, head, value, lease, keepLease: false };
}

function prepareAdd(
  { key, amount, least, most, lease, keepLease }: Add,
  keyspace: Keyspace,
  number: number,
): PreparedAdd | Refusal {
  const head = keyspace.find(key);
  const before = head === undefined ? 0 : countAt(head, keyspace);
  if (before === undefined) return refuse('not-a-number', number);
  const after = before + amount;
  const isWithin = after >= least && after <= most && Number.isSafeInteger(after);
  if (!isWithin) return refuse('counter-out-of-range', 2 * number + (before < 0 ? 1 : 0), Math.abs(before));
  return { kind: 'add', key, head, value: counterValue(after), lease, keepLease, before, after };
}

function countAt(head: Head, keyspace: Keyspace): number | undefined {
  const event = keyspace.event(head);
  return event === undefined ? undefined : counterOf(event.value);
}
