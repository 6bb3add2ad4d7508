/**
 * A watch of a directory or of one item. It stands on a persistent watch of the server, begins with what is there,
 * and reads what each event only names. With a new connection, and where a change was missed, it begins anew with
 * what is there: an event that was lost is never a change that was not heard of.
 *
 * A reader that does not keep up costs the events of one bound; beyond it nothing is kept, and reading on begins with
 * what is there.
 */
import { Deque } from '../../base/index.ts';
import type { Item, Watch, WatchBatch, WatchOptions } from '../port/index.ts';
import { ChangeOrder } from './change-order.ts';
import { type Reply, tooOld, type ZookeeperLink } from './connection/index.ts';
import { byAge } from './ordering.ts';
import { bodyOf, type Tree } from './tree.ts';
import type { Interest, WatchHub } from './watch-hub.ts';
import {
  type Children,
  childrenRequest,
  dataRequest,
  errorNumbers,
  eventTypes,
  type NodeData,
  type Notification,
} from './wire/index.ts';

export interface ZookeeperWatchOptions extends Pick<WatchOptions, 'signal'> {
  readonly tree: Tree;
  readonly hub: WatchHub;
  /** The directory, or the item. */
  readonly key: string;
  readonly isDirectory: boolean;
  readonly onEnd: (watch: ZookeeperWatch) => void;
}

interface Reader {
  resolve(result: IteratorResult<WatchBatch, undefined>): void;
  reject(reason: unknown): void;
}

/** One beginning on one connection; what comes of an earlier one is not heard. */
interface Round {
  readonly link: ZookeeperLink;
  /** Keys whose first reading is under way; what is told of them meanwhile shows in it. */
  readonly listing: Set<string>;
  readonly items: Item[];
  /** Undefined until it is known who is there. */
  order: ChangeOrder | undefined;
  isPresent: boolean;
}

const eventsMax = 4_096;
const windowSize = 256;

export class ZookeeperWatch implements Watch, Interest {
  readonly path: string;
  readonly #options: ZookeeperWatchOptions;
  readonly #batches = new Deque<WatchBatch>();
  readonly #readers = new Deque<Reader>();
  readonly #onAbort: () => void;
  #waitingEvents = 0;
  #round: Round | undefined;
  /** The connection to begin on when the reader has caught up. */
  #parked: ZookeeperLink | undefined;
  #ended: { readonly reason: unknown } | undefined;

  constructor(options: ZookeeperWatchOptions) {
    this.#options = options;
    this.path = options.tree.layout.pathOf(options.key);
    const { signal, hub } = options;
    this.#onAbort = () => this.end(signal?.reason);
    if (signal?.aborted === true) this.#onAbort();
    else {
      signal?.addEventListener('abort', this.#onAbort, { once: true });
      hub.attach(this);
    }
  }

  next(): Promise<IteratorResult<WatchBatch, undefined>> {
    const batch = this.#batches.popFront();
    if (batch !== undefined) {
      this.#waitingEvents -= weightOf(batch);
      return Promise.resolve({ done: false, value: batch });
    }
    if (this.#ended !== undefined) {
      const { reason } = this.#ended;
      this.#ended = { reason: undefined };
      return reason === undefined
        ? Promise.resolve({ done: true, value: undefined })
        : Promise.reject(reason);
    }
    const parked = this.#parked;
    this.#parked = undefined;
    if (parked?.isLost === false) this.begin(parked);
    return new Promise((resolve, reject) => this.#readers.pushBack({ resolve, reject }));
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    this.#batches.clear();
    this.end(undefined);
    this.#ended = { reason: undefined };
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /** Whoever waits hears `reason`, or that it is over. */
  end(reason: unknown): void {
    if (this.#ended !== undefined) return;
    this.#ended = { reason };
    this.#round = undefined;
    this.#parked = undefined;
    const { signal, hub, onEnd } = this.#options;
    signal?.removeEventListener('abort', this.#onAbort);
    hub.detach(this);
    onEnd(this);
    for (let reader = this.#readers.popFront(); reader !== undefined; reader = this.#readers.popFront()) {
      const { reason: told } = this.#ended;
      this.#ended = { reason: undefined };
      if (told === undefined) reader.resolve({ done: true, value: undefined });
      else reader.reject(told);
    }
  }

  begin(link: ZookeeperLink): void {
    if (this.#ended !== undefined) return;
    if (this.#parked !== undefined) {
      this.#parked = link;
      return;
    }
    const round: Round = { link, listing: new Set(), items: [], order: undefined, isPresent: false };
    this.#round = round;
    this.#list(round).catch((error: unknown) => this.#failed(round, error));
  }

  heard({ type, path }: Notification): void {
    const round = this.#round;
    const isOwn = path === this.path;
    if (round?.order === undefined || isOwn === this.#options.isDirectory) return;
    if (type < eventTypes.created || type > eventTypes.changed) return;
    const key = this.#options.tree.layout.keyOf(path);
    if (key === undefined || round.listing.has(key)) return;
    if (round.order.told(key, type === eventTypes.deleted))
      this.#read(round, key).catch((error: unknown) => this.#failed(round, error));
  }

  async #list(round: Round): Promise<void> {
    const { tree, hub, key, isDirectory } = this.#options;
    const { link } = round;
    const standing = hub.register(link, this.path);
    const passed = tree.pass(link);
    const named = isDirectory ? this.#children(round) : Promise.resolve(this.#began(round, [key]));
    const [reply, keys] = await Promise.all([standing, named, passed]);
    if (reply.error === errorNumbers.unimplemented) throw tooOld(link.address, 'unknown');
    bodyOf(link, reply);
    const waiting = keys.values();
    // Each of these asks for the next as soon as it has its answer.
    const worker = async (): Promise<void> => {
      for (const one of waiting) await this.#read(round, one);
    };
    await Promise.all(Array.from({ length: Math.min(windowSize, keys.length) }, worker));
    if (round !== this.#round) return;
    round.isPresent = true;
    this.#give({ kind: 'present', items: round.items.sort(byAge), mark: undefined });
    this.#flush(round);
  }

  async #children(round: Round): Promise<readonly string[]> {
    const { layout } = this.#options.tree;
    let keys: readonly string[] = [];
    const heard = ({ body }: Reply<Children>): void => {
      keys = (body?.names ?? []).map((name) => layout.keyOf(`${this.path}/${name}`) as string);
      this.#began(round, keys);
    };
    const reply = await round.link.request(childrenRequest(this.path), heard);
    if (reply.error !== errorNumbers.noNode) bodyOf(round.link, reply);
    return keys;
  }

  /** It is known who is there; what was told before shows in that, and what is told from now on does not. */
  #began(round: Round, keys: readonly string[]): readonly string[] {
    round.order = new ChangeOrder();
    for (const key of keys) round.listing.add(key);
    return keys;
  }

  async #read(round: Round, key: string): Promise<void> {
    const path = this.#options.tree.layout.pathOf(key);
    const reply = await round.link.request(dataRequest(path), (answer) => this.#answered(round, key, answer));
    if (reply.error !== errorNumbers.noNode) bodyOf(round.link, reply);
  }

  #answered(round: Round, key: string, { body }: Reply<NodeData>): void {
    if (round !== this.#round || round.order === undefined) return;
    const item = body === undefined ? undefined : this.#options.tree.itemOf(key, body.data, body.state);
    if (round.listing.delete(key)) {
      if (item === undefined) return;
      round.items.push(item);
      round.order.knows(item);
      return;
    }
    round.order.answered(key, item);
    if (round.order.hasMissed) this.begin(round.link);
    else if (round.isPresent) this.#flush(round);
  }

  #flush({ order }: Round): void {
    const events = order?.take() ?? [];
    if (events.length > 0) this.#give({ kind: 'changes', events, mark: undefined });
  }

  #give(batch: WatchBatch): void {
    const reader = this.#readers.popFront();
    if (reader !== undefined) return reader.resolve({ done: false, value: batch });
    this.#batches.pushBack(batch);
    this.#waitingEvents += weightOf(batch);
    // One batch is kept whatever its size, or a large directory would never be told.
    if (this.#waitingEvents < eventsMax || this.#batches.size === 1) return;
    this.#batches.clear();
    this.#waitingEvents = 0;
    this.#parked = this.#round?.link;
    this.#round = undefined;
  }

  /** With a new connection it begins anew by itself; every other failure is one that would come again. */
  #failed(round: Round, error: unknown): void {
    if (round === this.#round && !round.link.isLost) this.end(error);
  }
}

function weightOf(batch: WatchBatch): number {
  return batch.kind === 'present' ? batch.items.length : batch.events.length;
}
