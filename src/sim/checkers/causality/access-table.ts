/**
 * The reads and writes of registers, process by process, and which read saw which write. That is known where
 * no value is written twice to one key (Bouajjani et al. call such histories differentiated). A swap is a read
 * followed by a write; a refused swap says too little and is left out. A write of unknown outcome counts when
 * its value was seen: then it happened.
 */
import type { HistoryKey, Operation, Scalar } from '../../history/index.ts';
import { type Anomaly, type GaveUpVerdict, gaveUp, unwrittenRead } from '../verdict/index.ts';

/** What `readsFrom` says of a read of the initial value, and of a write. */
export const fromInitial = -1;
export const notARead = -2;

/** Accesses are numbered process by process, in the order of each process: each process is a chain of them. */
export interface AccessTable {
  readonly count: number;
  readonly operations: readonly Operation[];
  readonly keys: readonly HistoryKey[];
  /** Per access: its operation's place in `operations`. */
  readonly operationOf: Int32Array;
  readonly keyOf: Int32Array;
  readonly chainOf: Int32Array;
  /** Per access: the write it read from, `fromInitial`, or `notARead`. */
  readonly readsFrom: Int32Array;
  /** Per chain: its first access; one more entry marks the end of the last. */
  readonly chainStarts: Int32Array;
}

export type AccessResult =
  | { readonly kind: 'table'; readonly table: AccessTable }
  | { readonly kind: 'unread'; readonly anomalies: readonly Anomaly[] }
  | { readonly kind: 'gave-up'; readonly verdict: GaveUpVerdict };

interface Access {
  readonly place: number;
  readonly key: HistoryKey;
  readonly value: Scalar;
  readonly isRead: boolean;
}

/** Builds the table, or tells why there is none: a value written twice, or read and never written. */
export function buildAccessTable(operations: readonly Operation[], initial: Scalar): AccessResult {
  const repeated = findRepeatedWrite(operations, initial);
  if (repeated !== undefined) return { kind: 'gave-up', verdict: repeated };
  const seen = happenedUnknowns(operations);
  const chains = new Map<number, Access[]>();
  for (const [place, operation] of operations.entries()) {
    if (operation.outcome === 'not-applied' || (operation.outcome === 'unknown' && !seen.has(operation)))
      continue;
    const chain = chains.get(operation.process) ?? [];
    if (chain.length === 0) chains.set(operation.process, chain);
    chain.push(...accessesOf(operation, place));
  }
  return resolve(
    operations,
    [...chains.values()].filter(({ length }) => length > 0),
    initial,
  );
}

function accessesOf({ f, key, input, output }: Operation, place: number): readonly Access[] {
  const access = (value: unknown, isRead: boolean): Access => ({
    place,
    key: key as HistoryKey,
    value: value as Scalar,
    isRead,
  });
  if (f === 'read') return [access(output, true)];
  if (f === 'write') return [access(input, false)];
  if (output === false) return [];
  const [expected, next] = input as readonly [Scalar, Scalar];
  return [access(expected, true), access(next, false)];
}

/** What an operation leaves in the register when it takes effect; `undefined` where it leaves nothing. */
function writtenBy({ f, input, output }: Operation): Scalar | undefined {
  if (f === 'write') return input as Scalar;
  return f === 'cas' && output !== false ? (input as readonly [Scalar, Scalar])[1] : undefined;
}

function findRepeatedWrite(operations: readonly Operation[], initial: Scalar): GaveUpVerdict | undefined {
  const values = new Map<HistoryKey, Set<Scalar>>();
  for (const operation of operations) {
    const value = operation.outcome === 'not-applied' ? undefined : writtenBy(operation);
    if (value === undefined) continue;
    const key = operation.key as HistoryKey;
    const known = values.get(key) ?? new Set([initial]);
    if (known.has(value)) {
      const detail = `key ${JSON.stringify(key)} is written ${JSON.stringify(value)} twice; which write a read saw is known only where values differ`;
      return gaveUp('values-repeat', detail);
    }
    values.set(key, known.add(value));
  }
  return undefined;
}

/** The unknown writes that somebody saw. A swap that was seen has itself seen what it swapped. */
function happenedUnknowns(operations: readonly Operation[]): ReadonlySet<Operation> {
  const unknown = new Map<HistoryKey, Map<Scalar, Operation>>();
  const happened = new Set<Operation>();
  for (const operation of operations) {
    const value = operation.outcome === 'unknown' ? writtenBy(operation) : undefined;
    if (value === undefined) continue;
    const key = operation.key as HistoryKey;
    const writes = unknown.get(key) ?? new Map<Scalar, Operation>();
    unknown.set(key, writes.set(value, operation));
  }
  const see = (key: HistoryKey, value: Scalar): void => {
    const write = unknown.get(key)?.get(value);
    if (write === undefined || happened.has(write)) return;
    happened.add(write);
    if (write.f === 'cas') see(key, (write.input as readonly [Scalar, Scalar])[0]);
  };
  for (const { f, key, input, output, outcome } of operations) {
    if (outcome !== 'applied' || key === null) continue;
    if (f === 'read') see(key, output as Scalar);
    if (f === 'cas' && output !== false) see(key, (input as readonly [Scalar, Scalar])[0]);
  }
  return happened;
}

function resolve(
  operations: readonly Operation[],
  chains: readonly (readonly Access[])[],
  initial: Scalar,
): AccessResult {
  const accesses = chains.flat();
  const keyIds = new Map<HistoryKey, number>();
  const writes: Map<Scalar, number>[] = [];
  for (const [node, { key, value, isRead }] of accesses.entries()) {
    const keyId = keyIds.get(key) ?? keyIds.size;
    if (keyId === keyIds.size) {
      keyIds.set(key, keyId);
      writes.push(new Map());
    }
    if (!isRead) writes[keyId]?.set(value, node);
  }
  const anomalies: Anomaly[] = [];
  const keyOf = Int32Array.from(accesses, ({ key }) => keyIds.get(key) as number);
  const readsFrom = Int32Array.from(accesses, ({ value, isRead, place }, node) => {
    if (!isRead) return notARead;
    const write = writes[keyOf[node] as number]?.get(value);
    if (write !== undefined) return write;
    if (value !== initial) anomalies.push(unwrittenRead(operations, operations[place] as Operation, value));
    return fromInitial;
  });
  if (anomalies.length > 0) return { kind: 'unread', anomalies };
  const chainStarts = new Int32Array(chains.length + 1);
  for (const [chain, { length }] of chains.entries())
    chainStarts[chain + 1] = (chainStarts[chain] as number) + length;
  const table: AccessTable = {
    count: accesses.length,
    operations,
    keys: [...keyIds.keys()],
    operationOf: Int32Array.from(accesses, ({ place }) => place),
    keyOf,
    chainOf: Int32Array.from(chains.flatMap((chain, index) => chain.map(() => index))),
    readsFrom,
    chainStarts,
  };
  return { kind: 'table', table };
}

/** The operation of an access. */
export function operationOf(table: AccessTable, node: number): Operation {
  return table.operations[table.operationOf[node] as number] as Operation;
}
