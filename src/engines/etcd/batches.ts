/**
 * What one turn of the event loop asks for goes as one transaction of etcd, as far as nothing depends on conditions
 * of its own: etcd writes, syncs and replicates by transaction, and a thousand small ones cost it as much each as a
 * large one. It is an attempt and no more: where it is refused, because of one lease or one name among many, each
 * goes alone and hears what is said of itself.
 *
 * No two appends to one directory are in one batch, since they would have one revision and no order.
 */
import { isQuorateError, type QuorateError } from '../../base/index.ts';
import type { Clock } from '../../ports/index.ts';
import { decodeTransactionAnswer, type TransactionAnswer } from './answers.ts';
import { type Calls, type Limits, late, tryMsDefault } from './calls.ts';
import { encodeTransaction, paths, type RangeRequest, type RequestOperation } from './requests.ts';
import type { Transaction } from './transaction.ts';

export type Carried =
  | { readonly kind: 'done'; readonly answer: TransactionAnswer }
  /** It is to be sent by itself. `isUnsure`: it may have been carried out, as the try 0. */
  | { readonly kind: 'alone'; readonly isUnsure: boolean };

interface Member {
  readonly transaction: Transaction;
  readonly joined: RangeRequest | undefined;
  readonly limits: Limits;
  readonly settle: (carried: Carried) => void;
  readonly fail: (reason: unknown) => void;
}

interface Batch {
  readonly members: Member[];
  readonly keys: Set<string>;
  readonly directories: Set<string>;
  bytes: number;
}

/** Each takes up to two of the 128 operations, and of the 128 comparisons, that etcd allows. */
const membersMax = 60;
/** Of values; a request may have 1.5 MiB. */
const bytesMax: number = 512 << 10;

export class Batches {
  readonly #calls: Calls;
  readonly #clock: Clock;
  #waiting: Member[] = [];

  constructor(calls: Calls, clock: Clock) {
    this.#calls = calls;
    this.#clock = clock;
  }

  /** Rejects with the signal's reason, at the deadline, or with what leaves a request in doubt that is not repeatable. */
  carry(transaction: Transaction, joined: RangeRequest | undefined, limits: Limits): Promise<Carried> {
    return new Promise((resolve, reject) => {
      const { deadlineAt, signal } = limits;
      signal?.throwIfAborted();
      const release = (): void => {
        timer.cancel();
        signal?.removeEventListener('abort', onAbort);
      };
      const fail = (reason: unknown): void => {
        release();
        reject(reason);
      };
      const settle = (carried: Carried): void => {
        release();
        resolve(carried);
      };
      const onAbort = (): void => fail(signal?.reason);
      const leftMs = deadlineAt - this.#clock.now();
      // What may be repeated is looked for elsewhere, as if it had gone alone.
      const isPatient = !transaction.isRepeatable || leftMs <= tryMsDefault;
      const timer = this.#clock.setTimer(isPatient ? leftMs : tryMsDefault, () => {
        if (isPatient) fail(late({ what: 'a transaction', isRead: false }, limits, true, undefined));
        else settle({ kind: 'alone', isUnsure: true });
      });
      signal?.addEventListener('abort', onAbort, { once: true });
      if (this.#waiting.length === 0) this.#clock.afterTurn(() => this.#flush());
      this.#waiting.push({ transaction, joined, limits, settle, fail });
    });
  }

  #flush(): void {
    const batches: Batch[] = [];
    for (const member of this.#waiting) {
      const batch = batches.find((one) => hasRoom(one, member)) ?? newBatch(batches);
      add(batch, member);
    }
    this.#waiting = [];
    for (const { members } of batches) {
      const [only] = members;
      if (members.length === 1) only?.settle({ kind: 'alone', isUnsure: false });
      else void this.#send(members);
    }
  }

  async #send(members: readonly Member[]): Promise<void> {
    // What is deleted is gone before a listing is taken that goes along with an append.
    const ordered = members.toSorted((left, right) => rank(left) - rank(right));
    const parts = ordered.map(({ transaction, joined }) => transaction.part(joined));
    const message = encodeTransaction({
      compares: parts.flatMap(({ compares }) => compares),
      success: parts.flatMap(({ success }) => success),
      failure: [],
    });
    const deadlineAt = Math.max(...members.map((one) => one.limits.deadlineAt));
    const limits = { deadlineAt, deadlineMs: deadlineAt - this.#clock.now(), signal: undefined };
    try {
      const answer = await this.#calls.run({ ...batchCall, encode: () => message }, limits);
      share(ordered, parts, answer);
    } catch (error) {
      for (const member of members) {
        if (isQuorateError(error)) afterFailure(member, error);
        else member.fail(error);
      }
    }
  }
}

const batchCall = {
  what: 'a transaction',
  path: paths.transact,
  decode: decodeTransactionAnswer,
  header: ({ header }: TransactionAnswer) => header,
  isRead: false,
  isRepeatable: false,
} as const;

function newBatch(batches: Batch[]): Batch {
  const batch: Batch = { members: [], keys: new Set(), directories: new Set(), bytes: 0 };
  batches.push(batch);
  return batch;
}

function hasRoom({ members, keys, directories, bytes }: Batch, { transaction }: Member): boolean {
  const { line, subject } = transaction;
  if (members.length >= membersMax || bytes + subject.bytes > bytesMax) return false;
  return !keys.has(subject.key) && (line === undefined || !directories.has(line.directory));
}

function add(batch: Batch, member: Member): void {
  const { line, subject } = member.transaction;
  batch.members.push(member);
  batch.keys.add(subject.key);
  batch.bytes += subject.bytes;
  if (line !== undefined) batch.directories.add(line.directory);
}

function rank({ transaction }: Member): number {
  return transaction.line === undefined ? 0 : 1;
}

function share(
  members: readonly Member[],
  parts: readonly { readonly success: readonly RequestOperation[] }[],
  { header, succeeded, operations }: TransactionAnswer,
): void {
  let at = 0;
  for (const [place, member] of members.entries()) {
    const own = parts[place]?.success.length ?? 0;
    const answer = { header, succeeded, operations: operations.slice(at, at + own) };
    at += own;
    member.settle(succeeded ? { kind: 'done', answer } : { kind: 'alone', isUnsure: false });
  }
}

/** What was certainly not done is done alone; of what may have been done, only what finds out. */
function afterFailure({ transaction, settle, fail }: Member, error: QuorateError): void {
  const isUnsure = error.outcome === 'unknown';
  if (isUnsure && !transaction.isRepeatable) fail(error);
  else settle({ kind: 'alone', isUnsure });
}
