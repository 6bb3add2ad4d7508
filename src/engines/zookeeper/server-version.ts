/** Asks a server which release it is, by the command `srvr`, which every release answers unless it was forbidden to. */
import type { Address, ClientTls, Network } from '../../ports/index.ts';

export interface VersionQuestion {
  readonly network: Network;
  readonly address: Address;
  readonly tls: ClientTls | undefined;
  readonly signal: AbortSignal;
}

const answerBytesMax = 64 * 1024;

/** `unknown` where it does not say. */
export async function askVersion({ network, address, tls, signal }: VersionQuestion): Promise<string> {
  const connection = await network.connect({ address, signal, ...(tls === undefined ? {} : { tls }) });
  const { promise, resolve } = Promise.withResolvers<void>();
  const text = new TextDecoder();
  let heard = '';
  connection.start({
    received: (bytes) => {
      heard += text.decode(bytes, { stream: true });
      if (heard.length > answerBytesMax) connection.destroy();
    },
    drained: () => undefined,
    ended: () => connection.destroy(),
    closed: () => resolve(),
  });
  const onAbort = (): void => connection.destroy();
  signal.addEventListener('abort', onAbort, { once: true });
  connection.write(new TextEncoder().encode('srvr'));
  await promise;
  signal.removeEventListener('abort', onAbort);
  return /^Zookeeper version: \D*(\d+(?:\.\d+)+)/m.exec(heard)?.[1] ?? 'unknown';
}
