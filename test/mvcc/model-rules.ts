/** The model's rules that need no state: what lies in a range, what a comparison says, what may stand in one transaction. */
import type { Compare, KeyRange, KeyValue, Operation, RefusalCode, ReplyBody } from '../../src/mvcc/index.ts';

/** The key that an operation writes as the one at `place` of the transaction that makes `revision`. */
export function writtenKey(operation: Operation, revision: number, place: number): Uint8Array | undefined {
  if (operation.kind === 'put' || operation.kind === 'add') return operation.key;
  if (operation.kind !== 'append') return undefined;
  const digits = `${String(revision).padStart(16, '0')}-${String(place).padStart(4, '0')}`;
  return Uint8Array.from(Buffer.concat([operation.prefix, Buffer.from(digits), operation.suffix]));
}

/** What a counter says; undefined where it says no number. */
export function countIn(value: Uint8Array | undefined): number | undefined {
  const text = value === undefined ? '0' : Buffer.from(value).toString('latin1');
  return /^(0|-?[1-9][0-9]*)$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined;
}

export function duplicate(operations: readonly Operation[], revision: number): ReplyBody | undefined {
  const written = new Set<string>();
  for (const [index, operation] of operations.entries()) {
    const own = writtenKey(operation, revision, index);
    if (own === undefined) continue;
    const key = hex(own);
    const isDeleted = operations.some((other) => other.kind === 'delete' && within(other.range, key));
    if (isDeleted || written.has(key)) return refusal('duplicate-key', index + 1);
    written.add(key);
  }
  return undefined;
}

export function within(range: KeyRange, key: string): boolean {
  const start = hex(range.start);
  if (range.end === undefined) return key === start;
  return key >= start && (range.end.length === 0 || key < hex(range.end));
}

export function longRange({ start, end }: KeyRange): ReplyBody | undefined {
  const bytes = Math.max(start.length, end?.length ?? 0);
  return bytes > 1_801 ? refusal('key-too-large', bytes, 1_801) : undefined;
}

export function refusal(code: RefusalCode, first = 0, second = 0): ReplyBody {
  return { kind: 'refused', refusal: { code, first, second } };
}

export function holdsFor(
  compare: Exclude<Compare, { target: 'exists' | 'absent' | 'lease-live' }>,
  entry: KeyValue,
): boolean {
  switch (compare.target) {
    case 'value': {
      const [left, right] = [hex(entry.value), hex(compare.value)];
      return decide(compare.operator, left < right ? -1 : left > right ? 1 : 0, 0);
    }
    case 'version':
      return decide(compare.operator, entry.version, compare.number);
    case 'create-revision':
      return decide(compare.operator, entry.createRevision, compare.number);
    case 'modify-revision':
      return decide(compare.operator, entry.modifyRevision, compare.number);
    case 'lease':
      return decide(compare.operator, entry.lease, compare.number);
  }
}

export function decide(operator: string, left: number, right: number): boolean {
  if (operator === 'equal') return left === right;
  if (operator === 'unequal') return left !== right;
  return operator === 'less' ? left < right : left > right;
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
