/** Writes commands. Bounds that depend on the store's limits are left to the store. */
import { assert, type ByteWriter } from '../base/index.ts';
import {
  addFlags,
  appendFlags,
  commandVersion,
  compareOperators,
  compareTargets,
  fenceFlags,
  fencesMax,
  getContents,
  getOrders,
  getShifts,
  kindNumbers,
  partFlags,
  putFlags,
  rangeFlags,
  secondTransaction,
  transactionOperations,
} from './command-format.ts';
import type {
  Add,
  Append,
  Command,
  CommandBody,
  Compare,
  Delete,
  Fence,
  Get,
  KeyRange,
  Operation,
  Put,
  Transaction,
} from './commands.ts';
import { encodeLimits } from './limits.ts';
import { encodeSecurityChange } from './security-format.ts';

export function encodeCommand(writer: ByteWriter, command: Command): void {
  const { session, fences, body } = command;
  writer.u8(commandVersion);
  writer.u8(numberOf(body));
  writer.u8((session === undefined ? 0 : partFlags.session) | (fences.length === 0 ? 0 : partFlags.fences));
  if (session !== undefined) {
    assert(session.acknowledged < session.request, 'a request is not acknowledged before it is answered');
    writer.varint(session.session);
    writer.varint(session.request);
    writer.varint(session.acknowledged);
  }
  if (fences.length > 0) encodeFences(writer, fences);
  encodeBody(writer, body);
}

function numberOf(body: CommandBody): number {
  if (body.kind !== 'transaction') return kindNumbers[body.kind];
  const first = transactionOperations.get(kindNumbers.transaction);
  const isFirst = [body.onSuccess, body.onFailure].every((operations) =>
    operations.every(({ kind }) => first?.has(kind)),
  );
  return isFirst ? kindNumbers.transaction : secondTransaction;
}

function encodeFences(writer: ByteWriter, fences: readonly Fence[]): void {
  assert(fences.length <= fencesMax, 'a command carries few fences');
  writer.u8(fences.length);
  for (const fence of fences) {
    writer.u8(fence.holder === 'elsewhere' ? fenceFlags.elsewhere : 0);
    writer.block(fence.key);
    writer.varint(fence.token);
  }
}

function encodeBody(writer: ByteWriter, body: CommandBody): void {
  switch (body.kind) {
    case 'put':
    case 'delete':
    case 'get':
    case 'append':
    case 'add':
      return encodeOperation(writer, body);
    case 'transaction':
      return encodeTransaction(writer, body);
    case 'lease-grant':
      writer.varint(body.lease);
      writer.varint(body.ttlMs);
      return writer.varint(body.session);
    case 'lease-keep-alive':
    case 'lease-revoke':
      return writer.varint(body.lease);
    case 'session-open':
      return writer.varint(body.ttlMs);
    case 'session-close':
      return writer.varint(body.session);
    case 'lease-expire':
    case 'lease-checkpoint':
      return encodeLeaseList(writer, body.leases);
    case 'compact':
      return writer.varint(body.revision);
    case 'collect':
      return writer.varint(body.events);
    case 'configure':
      return encodeLimits(writer, body.limits);
    case 'security':
      return encodeSecurityChange(writer, body.change);
    case 'security-show':
      return;
  }
}

function encodeLeaseList(
  writer: ByteWriter,
  leases: readonly { readonly lease: number; readonly renewals: number; readonly remainingMs?: number }[],
): void {
  writer.varint(leases.length);
  for (const { lease, renewals, remainingMs } of leases) {
    writer.varint(lease);
    writer.varint(renewals);
    if (remainingMs !== undefined) writer.varint(remainingMs);
  }
}

function encodeOperation(writer: ByteWriter, operation: Operation): void {
  switch (operation.kind) {
    case 'put':
      return encodePut(writer, operation);
    case 'delete':
      return encodeDelete(writer, operation);
    case 'get':
      return encodeGet(writer, operation);
    case 'append':
      return encodeAppend(writer, operation);
    case 'add':
      return encodeAdd(writer, operation);
  }
}

function encodePut(writer: ByteWriter, put: Put): void {
  const hasLease = put.lease !== 0 && !put.keepLease;
  writer.u8(
    (hasLease ? putFlags.lease : 0) |
      (put.keepLease ? putFlags.keepLease : 0) |
      (put.wantPrevious ? putFlags.wantPrevious : 0),
  );
  if (hasLease) writer.varint(put.lease);
  writer.block(put.key);
  writer.block(put.value);
}

function encodeAppend(writer: ByteWriter, { prefix, suffix, value, lease }: Append): void {
  writer.u8(lease === 0 ? 0 : appendFlags.lease);
  if (lease !== 0) writer.varint(lease);
  writer.block(prefix);
  writer.block(suffix);
  writer.block(value);
}

function encodeAdd(writer: ByteWriter, { key, amount, least, most, lease, keepLease }: Add): void {
  const hasLease = lease !== 0 && !keepLease;
  const hasLeast = least !== -Number.MAX_SAFE_INTEGER;
  const hasMost = most !== Number.MAX_SAFE_INTEGER;
  writer.u8(
    (hasLease ? addFlags.lease : 0) |
      (keepLease ? addFlags.keepLease : 0) |
      (hasLeast ? addFlags.least : 0) |
      (hasMost ? addFlags.most : 0) |
      (amount < 0 ? addFlags.negativeAmount : 0) |
      (hasLeast && least < 0 ? addFlags.negativeLeast : 0) |
      (hasMost && most < 0 ? addFlags.negativeMost : 0),
  );
  if (hasLease) writer.varint(lease);
  writer.block(key);
  writer.varint(Math.abs(amount));
  if (hasLeast) writer.varint(Math.abs(least));
  if (hasMost) writer.varint(Math.abs(most));
}

function encodeDelete(writer: ByteWriter, operation: Delete): void {
  const { range, wantPrevious } = operation;
  writer.u8((range.end === undefined ? 0 : rangeFlags.toEnd) | (wantPrevious ? rangeFlags.wantPrevious : 0));
  encodeRange(writer, range);
}

function encodeGet(writer: ByteWriter, get: Get): void {
  writer.u8(
    (get.range.end === undefined ? 0 : rangeFlags.toEnd) |
      (getOrders.indexOf(get.order) << getShifts.order) |
      ((get.descending ? 1 : 0) << getShifts.descending) |
      (getContents.indexOf(get.content) << getShifts.content),
  );
  encodeRange(writer, get.range);
  writer.varint(get.revision);
  writer.varint(get.limit);
}

function encodeRange(writer: ByteWriter, range: KeyRange): void {
  writer.block(range.start);
  if (range.end !== undefined) writer.block(range.end);
}

function encodeTransaction(writer: ByteWriter, transaction: Transaction): void {
  writer.varint(transaction.compares.length);
  for (const compare of transaction.compares) encodeCompare(writer, compare);
  for (const operations of [transaction.onSuccess, transaction.onFailure]) {
    writer.varint(operations.length);
    for (const operation of operations) {
      writer.u8(kindNumbers[operation.kind]);
      encodeOperation(writer, operation);
    }
  }
}

function encodeCompare(writer: ByteWriter, compare: Compare): void {
  writer.u8(compareTargets.indexOf(compare.target));
  if (compare.target === 'lease-live') {
    writer.varint(compare.lease);
    return;
  }
  writer.u8(compare.range.end === undefined ? 0 : rangeFlags.toEnd);
  encodeRange(writer, compare.range);
  if (compare.target === 'exists' || compare.target === 'absent') return;
  writer.u8(compareOperators.indexOf(compare.operator));
  if (compare.target === 'value') writer.block(compare.value);
  else writer.varint(compare.number);
}
