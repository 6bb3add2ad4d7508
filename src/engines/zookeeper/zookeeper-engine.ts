/**
 * The engine on ZooKeeper. A main session reads, watches and writes what belongs to nobody; each session of the port
 * has one of its own.
 */
import { invalidOption, type QuorateError, untilAborted } from '../../base/index.ts';
import {
  type CallOptions,
  type CapabilityNotes,
  checkDirectory,
  checkListing,
  checkSession,
  checkTransaction,
  type Engine,
  type EngineLimits,
  type EngineSession,
  EngineShell,
  type Item,
  type Listing,
  type ListOptions,
  type Operation,
  ownSession,
  type Provides,
  type SessionOptions,
  splitKey,
  type TransactAnswer,
  type TransactRequest,
  Turns,
  type Watch,
  type WatchOptions,
  type WatchTarget,
} from '../port/index.ts';
import type { Calls } from './calls.ts';
import type { ServerSettings, ZookeeperClient } from './connection/index.ts';
import { listItems, readItem } from './listing.ts';
import { transact } from './transaction.ts';
import type { Tree } from './tree.ts';
import type { WatchHub } from './watch-hub.ts';
import { ZookeeperSession } from './zookeeper-session.ts';
import { ZookeeperWatch } from './zookeeper-watch.ts';

export type ZookeeperCapabilities = 'fencing' | 'linearizable-reads' | 'transactions' | 'survives-failover';

export const zookeeperProvides: Provides<ZookeeperCapabilities> = {
  fencing: true,
  'linearizable-reads': true,
  transactions: true,
  'survives-failover': true,
};

/** What stands behind each capability, and what is missing. */
export const zookeeperNotes: CapabilityNotes = {
  fencing:
    'exact for appended items, whose names are never given twice; for others as long as all who delete and make them ' +
    'anew do so through this engine',
  'linearizable-reads':
    'each read waits for the leader; a leader that was cut off and has not noticed yet may answer with what was true ' +
    "before. `barrier: 'majority'` has each read wait for a majority instead, at the price of a write",
  'watch-resume':
    'ZooKeeper keeps no history: behind a lost connection a watch begins anew with what is there',
  'expiry-events': 'ZooKeeper tells that a node is gone, and not why',
};

export interface ZookeeperParts {
  readonly settings: ServerSettings;
  readonly limits: EngineLimits;
  readonly main: ZookeeperClient;
  readonly tree: Tree;
  readonly hub: WatchHub;
  readonly calls: Calls;
  readonly closing: AbortController;
}

export class ZookeeperEngine extends EngineShell<ZookeeperSession> implements Engine<ZookeeperCapabilities> {
  readonly kind = 'zookeeper';
  readonly provides: Provides<ZookeeperCapabilities> = zookeeperProvides;
  readonly limits: EngineLimits;
  readonly #parts: ZookeeperParts;
  readonly #watches = new Set<ZookeeperWatch>();
  readonly #turns = new Turns();

  constructor(parts: ZookeeperParts) {
    super(parts.settings);
    this.#parts = parts;
    this.limits = parts.limits;
  }

  async get(key: string, options: CallOptions = {}): Promise<Item | undefined> {
    const { calls, tree } = this.#parts;
    splitKey(key, this.limits.keyBytesMax);
    return await calls.run(options, (call) => readItem(tree, call, key));
  }

  async list(directory: string, options: ListOptions = {}): Promise<Listing> {
    const { calls, tree } = this.#parts;
    checkListing(directory, options);
    const items = await calls.run(options, (call) => listItems(tree, call, directory, options));
    return { items, mark: undefined };
  }

  async transact(request: TransactRequest): Promise<TransactAnswer> {
    const { calls, tree, main } = this.#parts;
    checkTransaction(this, request);
    const session = sessionOf(request.operations);
    const { clock, random } = this;
    const counters = request.operations.flatMap((one) => (one.kind === 'add' ? [one.key] : []));
    return await calls.run(request, async (call) => {
      session?.check();
      const endTurn = await this.#turns.take(counters, (before) => untilAborted(before, call.signal));
      const writer = { tree, main, client: session?.client ?? main, owner: session?.id, clock, random };
      return await untilAborted(transact(writer, call, request), call.signal).finally(endTurn);
    });
  }

  watch(target: WatchTarget, { signal }: WatchOptions = {}): Watch {
    this.checkOpen();
    const { tree, hub } = this.#parts;
    const isDirectory = 'directory' in target;
    const key = isDirectory ? target.directory : target.key;
    if (isDirectory) checkDirectory(key);
    else splitKey(key, this.limits.keyBytesMax);
    const watch = new ZookeeperWatch({
      tree,
      hub,
      key,
      isDirectory,
      ...(signal === undefined ? {} : { signal }),
      onEnd: (ended) => this.#watches.delete(ended),
    });
    if (signal?.aborted !== true) this.#watches.add(watch);
    return watch;
  }

  async session({ ttlMs, renewalShare, ...call }: SessionOptions): Promise<EngineSession> {
    const { calls, settings } = this.#parts;
    checkSession(this, { ttlMs, ...(renewalShare === undefined ? {} : { renewalShare }) });
    return await calls.run(call, async ({ signal }) => {
      const session = await ZookeeperSession.open({
        settings,
        ttlMs: Math.ceil(ttlMs),
        renewalShare,
        closingMsMax: calls.deadlineMs,
        signal,
        onEnd: (ended) => this.sessions.delete(ended),
      });
      // Its caller is gone, and would never close it.
      if (signal.aborted) await session.close();
      return await this.admit(session);
    });
  }

  protected override async end(reason: QuorateError): Promise<void> {
    const { closing, main } = this.#parts;
    closing.abort(reason);
    for (const watch of [...this.#watches]) watch.end(reason);
    await this.closeSessions();
    await main.close(reason);
  }
}

/** A transaction is sent on the connection of its session, so it has one at most. */
function sessionOf(operations: readonly Operation[]): ZookeeperSession | undefined {
  const named = operations.flatMap((one) =>
    'session' in one && one.session !== undefined ? [one.session] : [],
  );
  const [first, ...others] = new Set(
    named.map((session) => ownSession(session, (one) => one instanceof ZookeeperSession)),
  );
  if (others.length > 0)
    throw invalidOption(
      'session',
      others.map(({ id }) => id).join(', '),
      'the same in all operations of a transaction',
    );
  return first;
}
