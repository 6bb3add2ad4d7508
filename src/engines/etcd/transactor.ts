/** Carries transactions out: one call where that is enough, and a loop where a counter is read first. */
import { invalidOption, isQuorateError, type QuorateError } from '../../base/index.ts';
import type { EngineSession, TransactAnswer, TransactRequest } from '../port/index.ts';
import { decodeLeaseAnswer, decodeTransactionAnswer, type TransactionAnswer } from './answers.ts';
import type { Calls, Limits } from './calls.ts';
import type { Layout } from './layout.ts';
import type { EtcdSettings } from './options.ts';
import { pause } from './pause.ts';
import { encodeGrant, encodeTransaction, paths } from './requests.ts';
import { EtcdSession } from './session.ts';
import { type Counters, Transaction } from './transaction.ts';

export interface TransactorOptions {
  readonly calls: Calls;
  readonly settings: EtcdSettings;
  readonly layout: Layout;
  readonly newLease: () => number;
}

const noCounters: Counters = new Map();

/** Items of which it is remembered that there was none before them. */
const firstItemsMax = 1_024;
/** How long a request may lie in a frozen member and still find that it is void. */
const voidTtlSeconds = 86_400;

export class Transactor {
  readonly #options: TransactorOptions;
  /** By key, when it was created as the only one in its directory. */
  readonly #firsts = new Map<string, number>();
  readonly #name: string;
  #calls = 0;

  constructor(options: TransactorOptions) {
    this.#options = options;
    const { random } = options.settings;
    this.#name = random.uint32().toString(36) + random.uint32().toString(36);
  }

  /** True: there was nothing before it in its directory when it was made, and so there never will be. */
  isFirst({ key, created }: { readonly key: string; readonly created: number }): boolean {
    return this.#firsts.get(key) === created;
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
        const own = ownSession(session);
        sessions.add(own);
        return own.lease;
      },
      isFirst: (key, created) => this.#remember(key, created),
      nonce: `${this.#name}-${this.#calls}`,
    });
    try {
      if (transaction.adds.length > 0) return await this.#withCounters(transaction, limits);
      const answer = await this.#send(transaction, noCounters, limits);
      if (answer.succeeded) return transaction.succeeded(answer, noCounters);
      return transaction.judged(transaction.snapshot(answer)) ?? { succeeded: false, reason: 'condition' };
    } catch (error) {
      throw withSession(error, sessions);
    }
  }

  /**
   * A loop: what the counters hold is read, and written with the condition that it is still the same. Who comes
   * between costs another turn, behind a pause that grows, until the deadline.
   */
  async #withCounters(transaction: Transaction, limits: Limits): Promise<TransactAnswer> {
    const { clock, random } = this.#options.settings;
    let answer = await this.#look(transaction, limits);
    for (let turns = 0; ; turns += 1) {
      const snapshot = transaction.snapshot(answer);
      const judged = transaction.judged(snapshot);
      if (judged !== undefined) return judged;
      const counters = transaction.counters(snapshot);
      if (counters === undefined) return { succeeded: false, reason: 'bound' };
      answer = await this.#send(transaction, counters, limits);
      if (answer.succeeded) return transaction.succeeded(answer, counters);
      if (turns > 0)
        await pause({ clock, random, before: turns, until: limits.deadlineAt, signal: limits.signal });
    }
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

  async #send(transaction: Transaction, counters: Counters, limits: Limits): Promise<TransactionAnswer> {
    const { calls } = this.#options;
    let voidLease = transaction.lease;
    return await calls.run(
      {
        ...transactionCall,
        what: 'a transaction',
        isRead: false,
        isRepeatable: transaction.isRepeatable,
        prepareRepeat: async () => {
          if (voidLease === 0) voidLease = await this.#grantVoidLease(limits);
        },
        encode: (number, unsure) =>
          encodeTransaction(transaction.request({ counters, number, unsure, voidLease })),
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

  #remember(key: string, created: number): void {
    if (this.#firsts.size >= firstItemsMax)
      for (const oldest of this.#firsts.keys()) {
        this.#firsts.delete(oldest);
        break;
      }
    this.#firsts.set(key, created);
  }
}

const transactionCall = {
  path: paths.transact,
  decode: decodeTransactionAnswer,
  header: ({ header }: TransactionAnswer) => header,
} as const;

function ownSession(session: EngineSession): EtcdSession {
  if (session instanceof EtcdSession) return session;
  throw invalidOption('session', session.id, 'a session of this engine');
}

/** etcd says of a lease only that there is none. */
function withSession(error: unknown, sessions: ReadonlySet<EtcdSession>): unknown {
  if (!isQuorateError(error) || error.code !== 'session-expired') return error;
  const [session] = sessions;
  if (session === undefined || !session.isLive) return error;
  return session.expired(error as QuorateError);
}
