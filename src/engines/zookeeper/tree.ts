/**
 * The tree of nodes as the engine reads it: behind a barrier, so that what others were told is seen; again on another
 * connection when one breaks; and never from a server that is behind what this program has seen already.
 */
import { type QuorateError, untilAborted } from '../../base/index.ts';
import type { Item } from '../port/index.ts';
import type { Call } from './calls.ts';
import {
  type Reply,
  refusedBy,
  type Seen,
  unreachable,
  type ZookeeperClient,
  type ZookeeperLink,
} from './connection/index.ts';
import type { Identities } from './identities.ts';
import { appendedName, type Layout, nameOf } from './layout.ts';
import {
  type AccessRule,
  anyVersion,
  dataRequest,
  errorNumbers,
  existsRequest,
  type NodeData,
  type NodeState,
  noSession,
  syncRequest,
  transactionRequest,
  type WireRequest,
} from './wire/index.ts';

export interface TreeOptions {
  readonly client: ZookeeperClient;
  readonly layout: Layout;
  readonly seen: Seen;
  readonly identities: Identities;
  /** Of nodes that are made here. */
  readonly access: AccessRule;
  /** `leader`: a read waits until its server has caught up with the leader. `majority`: until a majority has agreed to an empty transaction behind the ones before. */
  readonly barrier: 'leader' | 'majority';
}

/** Reads that are under way at once, for one call. */
const windowSize = 512;

export class Tree {
  readonly layout: Layout;
  readonly identities: Identities;
  readonly access: AccessRule;
  readonly #client: ZookeeperClient;
  readonly #seen: Seen;
  readonly #barrier: TreeOptions['barrier'];

  constructor({ client, layout, seen, identities, access, barrier }: TreeOptions) {
    this.layout = layout;
    this.identities = identities;
    this.access = access;
    this.#client = client;
    this.#seen = seen;
    this.#barrier = barrier;
  }

  /**
   * Asks until a connection lasts through the answer. What `ask` sends leaves in one flight behind the barrier, which
   * works because a server answers one connection in the order of its requests.
   */
  async read<T>(call: Call, ask: (link: ZookeeperLink) => Promise<T>): Promise<T> {
    while (true) {
      const link = await this.#client.connected(call.signal);
      try {
        const passed = this.pass(link);
        const [answer] = await Promise.all([ask(link), passed]);
        return answer;
      } catch (error) {
        if (call.signal.aborted || !link.isLost) throw error;
        if ((error as QuorateError).code !== 'engine-unreachable') throw error;
      }
      await untilAborted(link.lost, call.signal);
    }
  }

  /** The answer's body; undefined where the node is not there. */
  async found<T>(link: ZookeeperLink, request: WireRequest<T>): Promise<T | undefined> {
    const reply = await link.request(request);
    return reply.error === errorNumbers.noNode ? undefined : bodyOf(link, reply);
  }

  async data(link: ZookeeperLink, path: string): Promise<NodeData | undefined> {
    return await this.found(link, dataRequest(path));
  }

  /** Many of a kind, so many at a time; undefined for each that is not there. */
  async states(link: ZookeeperLink, paths: readonly string[]): Promise<(NodeState | undefined)[]> {
    return await this.#many(paths, (path) => this.found(link, existsRequest(path)));
  }

  async datas(link: ZookeeperLink, paths: readonly string[]): Promise<(NodeData | undefined)[]> {
    return await this.#many(paths, (path) => this.data(link, path));
  }

  /** Undefined for a node that is a directory. */
  itemOf(key: string, value: Uint8Array, state: NodeState): Item | undefined {
    if (isDirectory(state)) return undefined;
    const { czxid: created, mzxid: modified } = state;
    if (isAppended(key)) this.identities.learn(this.layout.pathOf(key), created);
    return { key, value, created, modified, session: sessionOf(state) };
  }

  /**
   * The barrier: what was acknowledged to anybody before it is sent is there for who reads behind it. An empty
   * transaction goes the way of a write, whatever it finds.
   */
  async pass(link: ZookeeperLink): Promise<void> {
    const path = this.layout.root;
    const floor = this.#seen.zxid;
    const isChecked = this.#barrier === 'majority';
    const reply = isChecked
      ? await link.request(transactionRequest([{ do: 'check', path, version: anyVersion }]))
      : await link.request(syncRequest(path));
    if (reply.error !== errorNumbers.noNode) bodyOf<unknown>(link, reply);
    if (reply.zxid >= floor) return;
    const problem = 'it is behind what this program has seen of the others';
    link.abandon(problem);
    throw unreachable(link.address, problem, 'unknown');
  }

  async #many<T>(paths: readonly string[], ask: (path: string) => Promise<T>): Promise<T[]> {
    const answers: T[] = [];
    for (let at = 0; at < paths.length; at += windowSize)
      answers.push(...(await Promise.all(paths.slice(at, at + windowSize).map(ask))));
    return answers;
  }
}

export function isAppended(key: string): boolean {
  return appendedName(nameOf(key)) !== undefined;
}

/** Told by what is in it: of an empty node nobody can say what it is for. */
export function isDirectory({ childrenCount }: NodeState): boolean {
  return childrenCount > 0;
}

/** The session with which a node vanishes. */
export function sessionOf({ owner }: NodeState): string | undefined {
  return owner === noSession ? undefined : owner;
}

/** Throws what the server refused with. A session that went elsewhere or ended makes the connection useless. */
export function bodyOf<T>(link: ZookeeperLink, reply: Reply<T>): T {
  if (reply.error === 0) return (reply as Extract<Reply<T>, { error: 0 }>).body;
  if (reply.error === errorNumbers.sessionExpired || reply.error === errorNumbers.sessionMoved) {
    const problem = 'the session went elsewhere or is over';
    link.abandon(problem);
    throw unreachable(link.address, problem, 'not-applied');
  }
  throw refusedBy(link.address, reply.error);
}
