/** A session of ZooKeeper without an engine around it, as another program has one. */
import {
  ServerOrder,
  ZookeeperClient,
  type ZookeeperLink,
} from '../../../src/engines/zookeeper/connection/index.ts';
import { Seen } from '../../../src/engines/zookeeper/connection/seen.ts';
import {
  nodeKinds,
  type Step,
  type TransactionReply,
  transactionRequest,
} from '../../../src/engines/zookeeper/wire/index.ts';
import type { Address } from '../../../src/ports/index.ts';
import { realClock, realNetwork, realRandom } from '../../../src/ports/real/index.ts';

const access = { scheme: 'world', id: 'anyone' };

export class RawClient implements AsyncDisposable {
  readonly #client: ZookeeperClient;

  constructor(servers: readonly Address[], timeoutMs = 10_000) {
    const settings = {
      network: realNetwork(),
      clock: realClock(),
      random: realRandom(),
      order: new ServerOrder(servers),
      tls: undefined,
      auth: [],
      answerBytesMax: 1 << 24,
      requestBytesMax: 0xf_ffff,
      seen: new Seen(),
    };
    this.#client = new ZookeeperClient({ settings, timeoutMs, renews: false });
  }

  get session(): string {
    return this.#client.session;
  }

  link(): Promise<ZookeeperLink> {
    return this.#client.connected(new AbortController().signal);
  }

  async transact(steps: readonly Step[]): Promise<TransactionReply> {
    const link = await this.link();
    const reply = await link.request(transactionRequest(steps));
    if (reply.body === undefined) throw new Error(`ZooKeeper refused with ${reply.error}`);
    return reply.body;
  }

  /** A node that vanishes with this session and gets a number behind its name. Resolves to its path. */
  async queue(path: string): Promise<string> {
    const node = {
      path,
      data: new TextEncoder().encode('10.0.0.1'),
      kind: nodeKinds.ephemeralSequential,
      access,
    };
    const answer = await this.transact([{ do: 'create', node }]);
    const [made] = 'done' in answer ? answer.done : [];
    if (made?.do !== 'create') throw new Error(`no node was made at ${path}: ${JSON.stringify(answer)}`);
    return made.path;
  }

  async make(path: string): Promise<void> {
    const node = { path, data: new Uint8Array(0), kind: nodeKinds.persistent, access };
    await this.transact([{ do: 'create', node }]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.close();
  }
}
