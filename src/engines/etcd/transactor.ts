/** Carries transactions out: one call where that is enough, and a loop where a counter is read first. */
import { isQuorateError, type QuorateError } from '../../base/index.ts';
import {
  ownSession,
  pauseBetweenTries,
  type TransactAnswer,
  type TransactRequest,
  Turns,
} from '../port/index.ts';
import { decodeLeaseAnswer, decodeTransactionAnswer, type TransactionAnswer } from './answers.ts';
import { Batches } from './batches.ts';
import type { Calls, Limits } from './calls.ts';
import { JointListings } from './joint-listings.ts';
import { KnownCounters } from './known-counters.ts';
import { type Layout, textBytes } from './layout.ts';
import type { EtcdSettings } from './options.ts';
import { encodeGrant, encodeTransaction, paths, type RangeRequest } from './requests.ts';
import { EtcdSession } from './session.ts';
import { type Counters, type Snapshot, Transaction } from './transaction.ts';

export interface TransactorOptions {
  readonly calls: Calls;
  readonly settings: EtcdSettings;
  readonly layout: Layout;
  readonly newLease: () => number;
}

interface SendOptions {
  readonly joined?: RangeRequest | undefined;
  readonly unsureBefore?: readonly number[];
}

const noCounters: Counters = new Map();
/** How long a request may lie in a frozen member and still find that it is void. */
const voidTtlSeconds = 86_400;

export class Transactor {
  readonly #options: TransactorOptions;
  readonly listings: JointListings;
  readonly #turns = new Turns();
  readonly #known = new KnownCounters();
  readonly #batches: Batches;
  readonly #name: string;
  #calls = 0;

  constructor(options: TransactorOptions) {
    this.#options = options;
    this.listings = new JointListings(options.layout);
    const { random, clock } = options.settings;
    this.#batches = new Batches(options.calls, clock);
    this.#name = random.uint32().toString(36) + random.uint32().toString(36);
  }

  async transact(request: TransactRequest): Promise<TransactAnswer> {
    const { calls, layout } = this.#options;
    const limits = calls.limits(request);
    const sessions = new Set<EtcdSession>();
    this.#calls += 1;
    const transaction = new Transaction({
      request,
      layout,
      leaseOf: (session) => {
        const own = ownSession(session, (one) => one instanceof EtcdSession);
        sessions.add(own);
        return own.lease;
      },
      nonce: `${this.#name}-${this.#calls}`,
    });
    try {
      if (transaction.adds.length > 0) return await this.#withCounters(transaction, limits);
      if (transaction.isPlain) return await this.#plain(transaction, limits);
      return judged(transaction, await this.#send(transaction, noCounters, limits));
    } catch (error) {
      throw withSession(error, sessions);
    }
  }

  /** With others of its turn, if there are any; what takes a place in a line takes a listing along. */
  async #plain(transaction: Transaction, limits: Limits): Promise<TransactAnswer> {
    const { line, lease } = transaction;
    const listing = line === undefined || lease === 0 ? undefined : await this.listings.gather(line);
    try {
      const carried = await this.#batches.carry(transaction, listing?.range, limits);
      const answer =
        carried.kind === 'done'
          ? carried.answer
          : await this.#send(transaction, noCounters, limits, {
              joined: listing?.range,
              unsureBefore: carried.isUnsure ? [0] : [],
            });
      const told = judged(transaction, answer);
      const [result] = told.succeeded ? told.results : [];
      const created = result?.kind === 'append' ? result.created : undefined;
      listing?.answered(transaction.joined(answer), created);
      return told;
    } catch (error) {
      listing?.answered(undefined, undefined);
      throw error;
    }
  }

  /**
   * A loop: what the counters hold is known or read, and written with the condition that it is still the same. Where
   * another program comes between that costs another turn, behind a pause that grows, until the deadline.
   */
  async #withCounters(transaction: Transaction, limits: Limits): Promise<TransactAnswer> {
    const { calls, settings } = this.#options;
    const { clock, random } = settings;
    const keys = transaction.adds.map(({ key }) => key);
    const what = `an add to ${keys.join(', ')}`;
    const end = await this.#turns.take(keys, (before) => calls.within(before, what, limits));
    try {
      let snapshot: Snapshot = new Map(keys.map((key) => [key, this.#known.get(key)]));
      let isKnown = keys.every((key) => snapshot.get(key) !== undefined);
      for (let turns = 0; ; turns += 1) {
        let counters = isKnown ? transaction.counters(snapshot) : undefined;
        if (counters === undefined) {
          snapshot = transaction.snapshot(await this.#look(transaction, limits));
          const refusal = transaction.judged(snapshot);
          if (refusal !== undefined) return refusal;
          counters = transaction.counters(snapshot);
          if (counters === undefined) return { succeeded: false, reason: 'bound' };
        }
        const answer = await this.#send(transaction, counters, limits);
        if (answer.succeeded) {
          this.#learn(counters, answer);
          return transaction.succeeded(answer, counters);
        }
        snapshot = transaction.snapshot(answer);
        const refusal = transaction.judged(snapshot);
        if (refusal !== undefined) return refusal;
        isKnown = true;
        if (turns > 0)
          await pauseBetweenTries({
            clock,
            random,
            before: turns,
            until: limits.deadlineAt,
            signal: limits.signal,
          });
      }
    } catch (error) {
      for (const key of keys) this.#known.forget(key);
      throw error;
    } finally {
      end();
    }
  }

  #learn(counters: Counters, { header: { revision } }: TransactionAnswer): void {
    for (const [key, { after }] of counters)
      this.#known.learn(key, {
        key,
        value: textBytes(String(after)),
        created: 0,
        modified: revision,
        lease: '',
      });
  }

  #look(transaction: Transaction, limits: Limits): Promise<TransactionAnswer> {
    const message = encodeTransaction(transaction.look);
    const call = {
      ...transactionCall,
      what: 'a read',
      encode: () => message,
      isRead: true,
      isRepeatable: true,
    };
    return this.#options.calls.run(call, limits);
  }

  async #send(
    transaction: Transaction,
    counters: Counters,
    limits: Limits,
    { joined, unsureBefore = [] }: SendOptions = {},
  ): Promise<TransactionAnswer> {
    const { calls } = this.#options;
    let voidLease = transaction.lease;
    return await calls.run(
      {
        ...transactionCall,
        what: 'a transaction',
        isRead: false,
        isRepeatable: transaction.isRepeatable,
        unsureBefore,
        prepareRepeat: async () => {
          if (voidLease === 0) voidLease = await this.#grantVoidLease(limits);
        },
        encode: (number, unsure) =>
          encodeTransaction(transaction.request({ counters, number, unsure, voidLease, joined })),
      },
      limits,
    );
  }

  /** It is not renewed: what makes a try void vanishes by itself, a day later. */
  async #grantVoidLease(limits: Limits): Promise<number> {
    const { calls, newLease } = this.#options;
    let lease = 0;
    await calls.run(
      {
        what: 'a lease',
        path: paths.grant,
        encode: () => {
          lease = newLease();
          return encodeGrant(lease, voidTtlSeconds);
        },
        decode: decodeLeaseAnswer,
        isRead: true,
        isRepeatable: true,
      },
      limits,
    );
    return lease;
  }
}

const transactionCall = {
  path: paths.transact,
  decode: decodeTransactionAnswer,
  header: ({ header }: TransactionAnswer) => header,
} as const;

function judged(transaction: Transaction, answer: TransactionAnswer): TransactAnswer {
  if (answer.succeeded) return transaction.succeeded(answer, noCounters);
  return transaction.judged(transaction.snapshot(answer)) ?? { succeeded: false, reason: 'condition' };
}

/** etcd says only that there is no such lease: of one that is known, and of several not which. */
function withSession(error: unknown, sessions: ReadonlySet<EtcdSession>): unknown {
  if (!isQuorateError(error) || error.code !== 'session-expired') return error;
  const [session] = sessions;
  if (session === undefined || sessions.size > 1 || !session.isLive) return error;
  return session.expired(error as QuorateError);
}
