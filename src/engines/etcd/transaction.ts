/**
 * One request of the port as one transaction of etcd. When its comparisons hold, everything is done; when they do
 * not, its other branch reads at the same revision what they were about, and from that alone it is told why: a fence
 * that was superseded, a condition, an append that an earlier try has carried out, or a counter that has moved on.
 *
 * A try of an append that may have been carried out, or may yet arrive, is sent again together with a key that says
 * that the earlier try is void. The earlier one compares this key with absent, so from then on it can do nothing:
 * otherwise a request that a frozen member still holds could bring back an item long after it was deleted.
 */
import { invalidOption, QuorateError } from '../../base/index.ts';
import {
  type AddOperation,
  type Condition,
  changedCounter,
  type EngineSession,
  type Fence,
  type TransactAnswer,
  type TransactRequest,
} from '../port/index.ts';
import type { KeyValue, RangeAnswer, TransactionAnswer } from './answers.ts';
import type { Layout } from './layout.ts';
import { textBytes } from './layout.ts';
import type { Compare, RangeRequest, RequestOperation, TransactionRequest } from './requests.ts';
import { appendKey, type CounterStep, type Step, stepOf } from './transaction-steps.ts';

export interface TransactionOptions {
  readonly request: TransactRequest;
  readonly layout: Layout;
  /** Throws for a session that is over, or not of this engine. */
  readonly leaseOf: (session: EngineSession) => number;
  /** Names this call among all calls of all clients. */
  readonly nonce: string;
}

/** What the keys of a transaction held at one revision. */
export type Snapshot = ReadonlyMap<string, KeyValue | undefined>;

const noCounters: Counters = new Map();

export type Counters = ReadonlyMap<string, CounterStep>;

export interface Try {
  readonly counters: Counters;
  readonly number: number;
  /** Earlier ones of which nobody knows what became of them. */
  readonly unsure: readonly number[];
  /** With which the keys vanish that make them void. */
  readonly voidLease: number;
  /** Read as well, at the revision of the transaction, whatever becomes of it. */
  readonly joined?: RangeRequest | undefined;
}

/** etcd takes 128 in each branch by default, and a put needs two to tell its numbers. */
const operationsMax = 48;

export class Transaction {
  /** It may be sent again, because what became of an earlier try is found out. */
  readonly isRepeatable: boolean;
  readonly adds: readonly AddOperation[];
  /** Where it appends the one item that it is about; undefined for all others. */
  readonly line: { readonly directory: string; readonly key: string } | undefined;
  /** It has one operation, which is no add, and neither conditions nor fences. */
  readonly isPlain: boolean;
  /** Its first key, and the bytes of its values. */
  readonly subject: { readonly key: string; readonly bytes: number };
  /** A lease of its sessions; 0: none has one. */
  readonly lease: number;
  readonly #layout: Layout;
  readonly #nonce: string;
  readonly #conditions: readonly Condition[];
  readonly #fences: readonly Fence[];
  readonly #appendKeys: readonly string[];
  readonly #steps: readonly Step[];
  readonly #compares: readonly Compare[];
  /** Whose state tells why the comparisons did not hold. */
  readonly #examined: readonly string[];

  constructor({ request, layout, leaseOf, nonce }: TransactionOptions) {
    const { when = [], fences = [], operations } = request;
    checkCount(operations.length);
    this.#layout = layout;
    this.#nonce = nonce;
    this.#conditions = when;
    this.#fences = fences;
    this.#appendKeys = operations.flatMap((one) => (one.kind === 'append' ? [appendKey(one)] : []));
    this.adds = operations.filter((one) => one.kind === 'add');
    this.isRepeatable = this.#appendKeys.length === operations.length;
    const [only] = operations;
    this.line =
      operations.length === 1 && only?.kind === 'append'
        ? { directory: only.directory, key: appendKey(only) }
        : undefined;
    this.isPlain = operations.length === 1 && this.adds.length === 0 && when.length + fences.length === 0;
    this.subject = {
      key: only === undefined ? '' : only.kind === 'append' ? appendKey(only) : only.key,
      bytes: only !== undefined && 'value' in only ? only.value.length : 0,
    };
    const leases = operations.map((one) =>
      'session' in one && one.session !== undefined ? leaseOf(one.session) : 0,
    );
    this.lease = leases.find((lease) => lease !== 0) ?? 0;
    this.#steps = operations.map((one, place) =>
      stepOf(one, { layout, lease: leases[place] as number, when }),
    );
    this.#compares = [
      ...when.map((condition) => compareOf(condition, layout)),
      ...fences.map(({ key, token }) => ({ key: layout.key(key), created: token })),
    ];
    const tellsMore = fences.length > 0 || this.#appendKeys.length > 0 || this.adds.length > 0;
    this.#examined = tellsMore ? this.#keysToExamine() : [];
  }

  /** Reads what the comparisons and the counters are about, and changes nothing. */
  get look(): TransactionRequest {
    return { compares: [], success: this.#reads(), failure: [] };
  }

  request({ counters, number, unsure, voidLease, joined }: Try): TransactionRequest {
    const joint = joined === undefined ? [] : [{ range: joined }];
    const voids = unsure.map((earlier) => ({
      put: { key: this.#voidKey(earlier), value: textBytes('void'), lease: voidLease },
    }));
    const own: Compare[] = this.isRepeatable ? [{ key: this.#voidKey(number), created: 0 }] : [];
    return {
      compares: [...this.#compares, ...this.#steps.flatMap((step) => step.compares(counters)), ...own],
      success: [...this.#steps.flatMap((step) => step.operations(counters)), ...joint, ...voids],
      failure: [...this.#reads(), ...joint, ...voids],
    };
  }

  /** As a part of a larger transaction: its try 0. */
  part(joined: RangeRequest | undefined): Pick<TransactionRequest, 'compares' | 'success'> {
    return this.request({ counters: noCounters, number: 0, unsure: [], voidLease: 0, joined });
  }

  /** What was read as well. */
  joined({ header, succeeded, operations }: TransactionAnswer): RangeAnswer | undefined {
    const own = succeeded
      ? this.#steps.reduce((sum, step) => sum + step.operations(noCounters).length, 0)
      : this.#examined.length;
    const range = operations[own]?.range;
    return range === undefined ? undefined : { ...range, header };
  }

  succeeded({ header, operations }: TransactionAnswer, counters: Counters): TransactAnswer {
    let at = 0;
    const results = this.#steps.map((step) => {
      const own = operations.slice(at, at + step.operations(counters).length);
      at += own.length;
      return step.result(own, { revision: header.revision, counters });
    });
    return { succeeded: true, results, mark: String(header.revision) };
  }

  snapshot({ operations }: TransactionAnswer): Snapshot {
    return new Map(this.#examined.map((key, place) => [key, operations[place]?.range?.items[0]]));
  }

  /**
   * What the state of its keys says about it: an answer, or undefined where nothing stands in its way. Throws
   * `fenced`.
   */
  judged(snapshot: Snapshot): TransactAnswer | undefined {
    const earlier = this.#earlier(snapshot);
    if (earlier !== undefined) return earlier;
    for (const fence of this.#fences) checkFence(fence, snapshot.get(fence.key));
    const holds = this.#conditions.every((condition) =>
      conditionHolds(condition, snapshot.get(condition.key)),
    );
    const isKnown = this.#examined.length > 0;
    return isKnown && holds ? undefined : { succeeded: false, reason: 'condition' };
  }

  /** The sums by the state of the counters; undefined when one would leave its bounds. */
  counters(snapshot: Snapshot): Counters | undefined {
    const changes = new Map<string, CounterStep>();
    for (const add of this.adds) {
      const item = snapshot.get(add.key);
      const change = changedCounter('etcd', add, item?.value);
      if (change === undefined) return undefined;
      changes.set(add.key, { ...change, modified: item?.modified ?? 0 });
    }
    return changes;
  }

  /** Only an earlier try, or an earlier call with the same id, makes items under these names. */
  #earlier(snapshot: Snapshot): TransactAnswer | undefined {
    const items = this.#appendKeys.flatMap((key) => snapshot.get(key) ?? []);
    if (items.length === 0) return undefined;
    if (!this.isRepeatable || items.length < this.#appendKeys.length)
      throw carriedOutBefore(this.#appendKeys);
    const results = items.map(({ created }, place) => ({
      kind: 'append' as const,
      key: this.#appendKeys[place] as string,
      created,
    }));
    return { succeeded: true, results, mark: String(Math.min(...items.map(({ created }) => created))) };
  }

  #keysToExamine(): string[] {
    const keys = [...this.#fences, ...this.#conditions, ...this.adds].map(({ key }) => key);
    return [...new Set([...this.#appendKeys, ...keys])];
  }

  #reads(): RequestOperation[] {
    const withValue = new Set(this.adds.map(({ key }) => key));
    return this.#examined.map((key) => ({
      range: { key: this.#layout.key(key), keysOnly: !withValue.has(key) },
    }));
  }

  #voidKey(tryNumber: number): Uint8Array {
    return this.#layout.private(`void/${this.#nonce}-${tryNumber}`);
  }
}

function checkCount(operations: number): void {
  if (operations <= operationsMax) return;
  throw new QuorateError({
    code: 'transaction-too-large',
    message: `a transaction has ${operations} operations, and etcd takes at most ${operationsMax} here; make several`,
    data: { operations, limit: operationsMax },
  });
}

function compareOf(condition: Condition, layout: Layout): Compare {
  const key = layout.key(condition.key);
  switch (condition.is) {
    case 'absent':
      return { key, created: 0 };
    case 'present':
      return { key, createdAfter: 0 };
    case 'created':
      return { key, created: checkedRevision('created', condition.created) };
    case 'unchanged':
      return { key, modified: checkedRevision('modified', condition.modified) };
  }
}

/** 0 would mean absent, which is not what was said. */
function checkedRevision(option: string, revision: number): number {
  if (Number.isSafeInteger(revision) && revision > 0) return revision;
  throw invalidOption(option, revision, 'a number that this engine gave, which is above 0');
}

function conditionHolds(condition: Condition, item: KeyValue | undefined): boolean {
  switch (condition.is) {
    case 'absent':
      return item === undefined;
    case 'present':
      return item !== undefined;
    case 'created':
      return item?.created === condition.created;
    case 'unchanged':
      return item?.modified === condition.modified;
  }
}

function checkFence({ key, token }: Fence, item: KeyValue | undefined): void {
  const current = item?.created ?? 0;
  if (current === token) return;
  const found = item === undefined ? 'is gone' : `was taken anew, with ${current}`;
  throw new QuorateError({
    code: 'fenced',
    message: `${key}, held with the token ${token}, ${found}; acquire again and redo the work`,
    data: { token, current },
  });
}

function carriedOutBefore(keys: readonly string[]): QuorateError<'engine-failed'> {
  const reason = `${keys.join(', ')} was made before, by a transaction whose other results are not known any more`;
  return new QuorateError({
    code: 'engine-failed',
    message: `${reason}; read what is there, or use a new id`,
    data: { engine: 'etcd', reason },
    outcome: 'not-applied',
  });
}
