/**
 * A member that only looks: it joins those who gossip for as long as the command runs, and leaves with a word. Whom to
 * turn to and what they are called it is told, or asks the nodes of the cluster beside which they gossip.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { linkSignals, QuorateError, untilAborted } from '../../base/index.ts';
import { joinMembership, type Membership } from '../../membership/index.ts';
import { type Address, addressText } from '../../ports/index.ts';
import { networkError } from '../../ports/real/index.ts';
import { endpointsOf, openClient, parseAddress, timeoutMsOf } from '../endpoints.ts';
import { type Invocation, numberOption, textOption, UsageError } from '../verb.ts';
import { gossipKeysOf } from './gossip-keys.ts';

const portDefault = 7946;

/** So that others can tell it from those who do something. */
const capability = 'observer';

/** What a newcomer is told comes in one piece or a few; then it is quiet for this long. */
const quietMs = 500;

/** Joins, and has heard of the others when `use` is called. */
export async function withObserver<T>(
  invocation: Invocation,
  use: (membership: Membership) => Promise<T>,
): Promise<T> {
  const { keys } = gossipKeysOf(invocation);
  const { cluster, seeds } = await whereTo(invocation);
  const host = await hostTowards(seeds, invocation);
  const membership = await joinMembership({
    id: textOption(invocation, 'id') ?? `observer-${randomBytes(4).toString('hex')}`,
    cluster,
    keys,
    listen: { host, port: 0 },
    seeds,
    metadata: { capabilities: [capability] },
  });
  try {
    await settled(invocation, membership, seeds);
    return await use(membership);
  } finally {
    await membership.leave();
  }
}

async function whereTo(
  invocation: Invocation,
): Promise<{ readonly cluster: string; readonly seeds: readonly Address[] }> {
  const cluster = textOption(invocation, 'cluster');
  const seeds = textOption(invocation, 'seeds')
    ?.split(',')
    .map((part) => parseAddress(part));
  const port = numberOption(invocation, 'port', { least: 1, most: 65_535, otherwise: portDefault });
  if (seeds !== undefined && textOption(invocation, 'port') !== undefined)
    throw new UsageError('--seeds have ports of their own; --port is for the nodes of --endpoints');
  const endpoints = endpointsOf(invocation);
  return {
    seeds: seeds ?? endpoints.map(({ host }) => ({ host, port })),
    cluster: cluster ?? (await clusterOf(invocation, endpoints)),
  };
}

async function clusterOf(invocation: Invocation, endpoints: readonly Address[]): Promise<string> {
  await using client = openClient(invocation, endpoints);
  const asked = Promise.allSettled(endpoints.map((_, place) => client.status(place)));
  const answers = await untilAborted(asked, invocation.signal);
  let failure: unknown;
  for (const answer of answers) {
    if (answer.status === 'fulfilled')
      return (JSON.parse(new TextDecoder().decode(answer.value)) as { readonly cluster: string }).cluster;
    failure ??= answer.reason;
  }
  throw failure;
}

/** The address of this machine under which those who gossip there can answer it: by a connection to one of them. */
async function hostTowards(seeds: readonly Address[], invocation: Invocation): Promise<string> {
  let failure: unknown;
  for (const seed of seeds) {
    invocation.signal.throwIfAborted();
    const late = AbortSignal.timeout(timeoutMsOf(invocation));
    const socket = connect({ ...seed, signal: AbortSignal.any([invocation.signal, late]) });
    try {
      await once(socket, 'connect');
      return String(socket.localAddress);
    } catch (error) {
      failure ??= networkError('connect', seed, error);
    } finally {
      socket.destroy();
    }
  }
  invocation.signal.throwIfAborted();
  throw failure;
}

/** Waits until somebody has answered, and then until nothing more comes. */
async function settled(
  invocation: Invocation,
  membership: Membership,
  seeds: readonly Address[],
): Promise<void> {
  const timeoutMs = timeoutMsOf(invocation);
  using link = linkSignals(invocation.signal);
  const late = setTimeout(() => link.abort(nobodyAnswered(seeds, timeoutMs)), timeoutMs);
  try {
    await membership.until((members) => members.length > 1, { signal: link.signal });
    await quiet(membership, link.signal);
  } finally {
    clearTimeout(late);
  }
}

/** Also when time is over it has been told of somebody: then there is something to show. */
async function quiet(membership: Membership, signal: AbortSignal): Promise<void> {
  const over = Promise.withResolvers<void>();
  let timer = setTimeout(over.resolve, quietMs);
  signal.addEventListener('abort', () => over.resolve(), { once: true });
  using _ = membership.subscribe(({ kind }) => {
    if (kind !== 'joined') return;
    clearTimeout(timer);
    timer = setTimeout(over.resolve, quietMs);
  });
  await over.promise;
  clearTimeout(timer);
}

function nobodyAnswered(seeds: readonly Address[], milliseconds: number): QuorateError<'deadline-exceeded'> {
  return new QuorateError({
    code: 'deadline-exceeded',
    message: `nobody of ${seeds.map(addressText).join(',')} has answered within ${milliseconds} ms: look whether the keys and the name of the cluster are theirs, and whether UDP and TCP pass`,
    data: { milliseconds },
    outcome: 'not-applied',
  });
}
