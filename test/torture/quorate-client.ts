/** The client of Quorate as programs use it, behind what the runner's workers and watchers need. */
import { ByteWriter, isQuorateError } from '../../src/base/index.ts';
import { ClusterClient, type List, Store, type StoreSession } from '../../src/client/index.ts';
import { encodeCommand } from '../../src/mvcc/index.ts';
import type { Address } from '../../src/ports/index.ts';
import { nativeCrc32, realClock, realNetwork, realRandom, silentLog } from '../../src/ports/real/index.ts';
import type { Changed, Guard, Look, Reading, SeenEvent, StoreClient, Watcher, Write } from './system.ts';

const requestTimeout = '3s';
const sessionTtl = '10s';
const utf8 = new TextEncoder();
const text = new TextDecoder();

function clusterClient(
  ports: readonly number[],
  timeout: `${number}${'ms' | 's'}` = requestTimeout,
): ClusterClient {
  return new ClusterClient({
    network: realNetwork({ log: silentLog() }),
    clock: realClock(),
    random: realRandom(),
    endpoints: ports.map((port): Address => ({ host: '127.0.0.1', port })),
    checksum: nativeCrc32,
    timeout,
    // What the cluster says of its members leads past the doors for clients.
    follow: false,
  });
}

/** A store as programs have it, through the doors at these ports. */
export function openTorturedStore(ports: readonly number[]): Store {
  return new Store({ client: clusterClient(ports), clock: realClock() });
}

export class QuorateClient implements StoreClient {
  readonly #store: Store;
  #session: StoreSession | undefined;

  /** `ports`: in the order in which they are tried. */
  constructor(ports: readonly number[]) {
    this.#store = openTorturedStore(ports);
  }

  async read(key: string): Promise<Reading> {
    const { entries, revision } = await this.#store.list(key);
    const [entry] = entries;
    return { value: entry?.text, revision, token: entry?.modifyRevision ?? 0 };
  }

  write(key: string, value: string): Promise<{ readonly revision: number }> {
    return this.#store.put(key, value);
  }

  async swap(key: string, expected: string | undefined, value: string): Promise<Changed> {
    const { succeeded, revision } = await this.#store.transaction({
      when: [
        expected === undefined
          ? { target: 'absent', keys: key }
          : { target: 'value', keys: key, operator: 'equal', value: expected },
      ],
      onSuccess: [{ kind: 'put', key, value }],
    });
    return { done: succeeded, revision };
  }

  async change(guards: readonly Guard[], writes: readonly Write[]): Promise<Changed> {
    const { succeeded, revision } = await this.#store.transaction({
      when: guards.map(({ key, token }) => ({
        target: 'modify-revision',
        keys: key,
        operator: 'equal',
        number: token,
      })),
      onSuccess: writes.map(({ key, value }) => ({ kind: 'put', key, value })),
    });
    return { done: succeeded, revision };
  }

  async writeOnce(key: string, value: string): Promise<{ readonly revision: number }> {
    if (this.#session?.isLive !== true) this.#session = await this.#openSession();
    return await this.#store.put(key, value, { session: this.#session });
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  /** Nothing has been asked for before there is a session, whatever became of the attempt to open one. */
  async #openSession(): Promise<StoreSession> {
    try {
      return await this.#store.session({ ttl: sessionTtl });
    } catch (error) {
      throw isQuorateError(error) ? new NoSession(error) : error;
    }
  }
}

/** A write that was not even begun. */
export class NoSession extends Error {
  constructor(cause: Error) {
    super(`no session: ${cause.message}`, { cause });
  }
}

/** For prefixes of ASCII that do not end in its last character. */
function prefixRange(prefix: string): { readonly end: Uint8Array } {
  const end = utf8.encode(prefix);
  end[end.length - 1] = (end.at(-1) as number) + 1;
  return { end };
}

export class QuorateWatcher implements Watcher {
  readonly events: SeenEvent[] = [];
  failure: string | undefined;
  readonly #store: Store;
  readonly #done: Promise<void>;

  constructor(port: number, prefix: string) {
    this.#store = new Store({ client: clusterClient([port]), clock: realClock() });
    this.#done = this.#follow(prefix);
  }

  forget(count: number): void {
    this.events.splice(0, count);
  }

  async close(): Promise<void> {
    await this.#store.close();
    await this.#done;
  }

  async #follow(prefix: string): Promise<void> {
    try {
      for await (const { events } of this.#store.watch({ prefix }, { from: 1 })) {
        for (const { key, kind, value, modifyRevision } of events) {
          this.events.push({
            key: text.decode(key),
            value: kind === 'put' ? text.decode(value) : undefined,
            revision: modifyRevision,
          });
        }
      }
    } catch (error) {
      this.failure = String(error);
    }
  }
}

/** Asks nodes past all doors how they see themselves, and forgets what lies behind. */
export class QuorateOperator {
  readonly #client: ClusterClient;
  readonly #store: Store;

  constructor(ports: readonly number[]) {
    this.#client = clusterClient(ports, '1s');
    this.#store = new Store({ client: clusterClient(ports, '10s'), clock: realClock() });
  }

  async look(place: number): Promise<Look | undefined> {
    try {
      const { groups } = JSON.parse(text.decode(await this.#client.status(place))) as {
        readonly groups: readonly {
          readonly role: string;
          readonly term: number;
        }[];
      };
      const [meta] = groups;
      if (meta === undefined) return undefined;
      return { place, leads: meta.role === 'leader', term: meta.term };
    } catch (error) {
      if (!isQuorateError(error)) throw error;
      return undefined;
    }
  }

  async contents(prefix: string): Promise<ReadonlyMap<string, string>> {
    const found = new Map<string, string>();
    const { end } = prefixRange(prefix);
    let start: Uint8Array | undefined = utf8.encode(prefix);
    while (start !== undefined) {
      const list: List = await this.#store.list({ start, end });
      for (const entry of list.entries) found.set(entry.key, entry.text);
      start = list.more ? list.resume : undefined;
    }
    return found;
  }

  async sweep(prefix: string): Promise<void> {
    const { revision } = await this.#store.delete({ prefix });
    const writer = new ByteWriter(64);
    encodeCommand(writer, { session: undefined, fences: [], body: { kind: 'compact', revision } });
    await this.#client.command(0, writer.copy(), { isRepeatable: true });
  }

  async close(): Promise<void> {
    await this.#client.close();
    await this.#store.close();
  }
}
