/** From options to a messenger that listens: what most programs call. */
import { nativeCrc32, realClock, realNetwork, realRandom, silentLog } from '../../ports/real/index.ts';
import { type MessagingMachine, Messenger, type MessengerOptions } from './messenger.ts';

export interface OpenMessengerOptions extends MessengerOptions {
  /** Default: this machine, with nobody to hear what it logs. */
  readonly machine?: MessagingMachine;
}

/** Rejects where it cannot listen: `in-use`, `network-failed`, or `invalid-option`. */
export async function openMessenger({ machine, ...options }: OpenMessengerOptions = {}): Promise<Messenger> {
  const messenger = new Messenger(options, machine ?? realMachine(), nativeCrc32);
  await messenger.listen();
  return messenger;
}

function realMachine(): MessagingMachine {
  const log = silentLog();
  return { clock: realClock(), random: realRandom(), network: realNetwork({ log }), log };
}
