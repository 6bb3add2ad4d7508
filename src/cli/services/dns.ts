/** `quorate services dns`: answers resolvers until it is interrupted. */

import { dnsServer } from '../../discovery/index.ts';
import { addressText } from '../../ports/index.ts';
import { parseAddress } from '../endpoints.ts';
import { durationOption, exitCodes, type Invocation, isSet, textOption } from '../verb.ts';
import { withRegistry } from './open-registry.ts';

const listenDefault = '127.0.0.1:8600';

export async function answerByDns(invocation: Invocation): Promise<number> {
  const listen = parseAddress(textOption(invocation, 'listen') ?? listenDefault);
  const ttl = durationOption(invocation, 'ttl');
  const zone = textOption(invocation, 'domain');
  const near = textOption(invocation, 'near');
  return await withRegistry(invocation, {}, async (registry) => {
    await using server = await dnsServer({
      views: (service) => registry.view(service),
      names: (options) => registry.list(options),
      listen,
      ...(ttl === undefined ? {} : { ttl }),
      ...(zone === undefined ? {} : { zone }),
      ...(near === undefined ? {} : { near: { zone: near } }),
    });
    const address = addressText(server.address);
    const json = isSet(invocation, 'json');
    invocation.out(json ? JSON.stringify({ event: 'answering', address }) : `answering at ${address}`);
    await interrupted(invocation.signal);
    return exitCodes.done;
  });
}

function interrupted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
