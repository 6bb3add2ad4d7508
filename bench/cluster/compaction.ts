/**
 * Forgets the history that a round has left behind, in the stores that keep one: otherwise the later rounds
 * would be those of a larger store. What it frees is freed while the next round runs, as in a store that lives.
 */
import { ByteWriter } from '../../src/base/index.ts';
import { ClusterClient, Store } from '../../src/client/index.ts';
import { encodeCommand } from '../../src/mvcc/index.ts';
import { nativeCrc32, realClock, realNetwork, realRandom } from '../../src/ports/real/index.ts';
import { outputOf, type PeerCluster } from '../../tools/peers/index.ts';

type Endpoints = PeerCluster['endpoints'];

export class Compaction {
  /** By cluster; a store refuses to be compacted twice at one revision. */
  readonly #compacted = new Map<string, number>();

  async run({ name, endpoints }: PeerCluster): Promise<void> {
    const last = this.#compacted.get(name) ?? 0;
    if (name === 'etcd') this.#compacted.set(name, await compactEtcd(endpoints, last));
    if (name === 'quorate') this.#compacted.set(name, await compactQuorate(endpoints, last));
  }
}

async function compactQuorate(endpoints: Endpoints, last: number): Promise<number> {
  const clock = realClock();
  const client = new ClusterClient({
    network: realNetwork(),
    clock,
    random: realRandom(),
    endpoints,
    checksum: nativeCrc32,
  });
  await using store = new Store({ client, clock });
  const { revision } = await store.list('/bench');
  if (revision === last) return last;
  const writer = new ByteWriter(64);
  encodeCommand(writer, { session: undefined, fences: [], body: { kind: 'compact', revision } });
  await client.command(0, writer.copy(), { isRepeatable: true });
  return revision;
}

async function compactEtcd(endpoints: Endpoints, last: number): Promise<number> {
  const list = endpoints.map(({ host, port }) => `${host}:${port}`).join(',');
  const run = async (...words: readonly string[]): Promise<string> => {
    const output = await outputOf('etcdctl', ['--endpoints', list, ...words]);
    if (output === undefined) throw new Error(`etcdctl ${words.join(' ')} failed; run it by hand to see why`);
    return output;
  };
  const { header } = JSON.parse(await run('get', '/bench', '-w', 'json')) as {
    readonly header: { readonly revision: number };
  };
  if (header.revision !== last) await run('compact', String(header.revision));
  return header.revision;
}
