/** Looks by TCP: whether somebody listens, and where it is asked for what they say first. */
import type { Connection, Network } from '../../ports/index.ts';
import type { TcpSettings } from './check-settings.ts';
import { type Observation, type Probe, seen } from './observation.ts';

const bannerBytesMax = 1024;

export function tcpProbe(settings: TcpSettings, network: Network): Probe {
  const { address, tls, send, banner } = settings;
  return async (signal) => {
    const connection = await network.connect({ address, signal, ...(tls === undefined ? {} : { tls }) });
    if (banner !== undefined) return await bannerSeen(connection, banner, send, signal);
    connection.start(deaf);
    connection.destroy();
    return seen('passing', 'connected');
  };
}

const deaf = {
  received: () => undefined,
  drained: () => undefined,
  ended: () => undefined,
  closed: () => undefined,
};

/** Reads until the text is there, or can no longer come. */
function bannerSeen(
  connection: Connection,
  banner: string,
  send: string | undefined,
  signal: AbortSignal,
): Promise<Observation> {
  return new Promise((resolve, reject) => {
    const decoder = new TextDecoder();
    let said = '';
    let room = bannerBytesMax;
    const settle = (): void => {
      signal.removeEventListener('abort', onAbort);
      connection.destroy();
    };
    const missed = (why: string): void => {
      settle();
      resolve(seen('critical', `${why}; it said ${JSON.stringify(said.slice(0, 100))}`));
    };
    const onAbort = (): void => {
      settle();
      reject(signal.reason);
    };
    const lacks = `it does not say ${JSON.stringify(banner)}`;
    connection.start({
      received: (bytes) => {
        const read = bytes.subarray(0, room);
        room -= read.length;
        said += decoder.decode(read, { stream: true });
        if (said.includes(banner)) {
          settle();
          resolve(seen('passing', `it says ${JSON.stringify(banner)}`));
        } else if (room === 0) missed(`${lacks} within ${bannerBytesMax} bytes`);
      },
      drained: () => undefined,
      ended: () => missed(lacks),
      closed: () => missed(lacks),
    });
    if (send !== undefined) connection.write(new TextEncoder().encode(send));
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
}
