/** Who listens at an address: a NATS server greets before it is spoken to, with a line that begins with `INFO`. */
import type { Clock, Network } from '../../ports/index.ts';
import type { NatsServer } from './options.ts';

export interface WhatListensOptions {
  readonly network: Network;
  readonly clock: Clock;
  readonly waitMs: number;
}

/** `nobody`: it cannot be reached, or accepts and keeps silent, as a server does that stands still. */
export type Listening = 'nats' | 'stranger' | 'nobody';

const greeting = 'INFO ';
const question = new TextEncoder().encode('PING\r\n\r\n');

export async function whatListens(
  address: NatsServer,
  { network, clock, waitMs }: WhatListensOptions,
): Promise<Listening> {
  const end = new AbortController();
  const timer = clock.setTimer(waitMs, () => end.abort());
  try {
    const connection = await network.connect({ address, signal: end.signal });
    try {
      return await new Promise((resolve) => {
        const heard = (bytes: Uint8Array): void => resolve(startsAsNats(bytes) ? 'nats' : 'stranger');
        const ended = (): void => resolve('stranger');
        connection.start({ received: heard, drained: () => undefined, ended, closed: ended });
        end.signal.addEventListener('abort', () => resolve('nobody'), { once: true });
        connection.write(question.slice());
      });
    } finally {
      connection.destroy();
    }
  } catch {
    // That it cannot be reached is the answer.
    return 'nobody';
  } finally {
    timer.cancel();
  }
}

function startsAsNats(bytes: Uint8Array): boolean {
  const text = new TextDecoder().decode(bytes.subarray(0, greeting.length));
  return greeting.startsWith(text);
}
