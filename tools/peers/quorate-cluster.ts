/** Three nodes of ours by `quorate up`, as a user would start them. */
import { join } from 'node:path';
import { host, nodesCount, numbered, type PeerCluster, type PeerOptions } from './peer-cluster.ts';
import { outputOf, type ServerAddress, ServerProcess, untilReady } from './server-process.ts';

const readyMsMax = 60_000;
const command = join(import.meta.dirname, '../../src/cli/main.ts');

export async function startQuorate({ directory, port }: PeerOptions): Promise<PeerCluster> {
  const endpoints = numbered((place) => ({ host, port: port + place + 1 }));
  const words = [
    'up',
    '--nodes',
    String(nodesCount),
    '--data',
    join(directory, 'data'),
    '--port',
    String(port),
  ];
  const process = new ServerProcess({
    program: globalThis.process.execPath,
    words: [command, ...words],
    log: join(directory, 'up.log'),
  });
  const status = (): Promise<Status> =>
    untilReady('Quorate', readyMsMax, [process], () => statusOf(endpoints));
  const close = (): Promise<void> => process.stop();
  try {
    const { pids } = await status();
    const leader = async (): Promise<ServerAddress> => (await status()).leader;
    return {
      name: 'quorate',
      version: 'of this tree',
      endpoints,
      pids,
      leader,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Status {
  readonly leader: ServerAddress;
  readonly pids: readonly number[];
}

interface MemberText {
  readonly address: string;
  readonly pid: number;
  /** Absent from one that does not answer. */
  readonly role: string | null;
}

/** When all answer and one of them leads. */
async function statusOf(endpoints: readonly ServerAddress[]): Promise<Status | undefined> {
  const list = endpoints.map(({ host: name, port }) => `${name}:${port}`).join(',');
  const text = await outputOf(process.execPath, [command, 'status', '--endpoints', list, '--json']);
  if (text === undefined) return undefined;
  const { members } = JSON.parse(text) as { readonly members: readonly MemberText[] };
  // They come in the order of their identities, which is nobody's order of addresses.
  const found = endpoints.map(({ host: name, port }) =>
    members.find(({ address }) => address === `${name}:${port}`),
  );
  const leader = endpoints[found.findIndex((member) => member?.role === 'leader')];
  if (leader === undefined || found.some((member) => (member?.role ?? null) === null)) return undefined;
  return { leader, pids: found.map((member) => member?.pid ?? 0) };
}
