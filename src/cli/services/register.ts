/**
 * `quorate services register`: a service is registered for as long as this program runs, or the command that it starts.
 * Asked to end, it drains: nothing new is sent there, then the command is asked to end, and only when it has the
 * registration goes. A command that ends by itself takes its registration with it at once.
 */

import {
  type Draining,
  type DrainReport,
  drainOnSignals,
  type InstanceRequest,
  type Registration,
  type ServiceRegistry,
  watchHealth,
} from '../../discovery/index.ts';
import { addressText } from '../../ports/index.ts';
import { ChildCommand } from '../child-command.ts';
import { untilHungUp } from '../coordination.ts';
import { parseAddress } from '../endpoints.ts';
import {
  durationOption,
  exitCodes,
  type Invocation,
  isSet,
  textOption,
  textOptions,
  UsageError,
} from '../verb.ts';
import { parseCheck } from './check-text.ts';
import { withRegistry } from './open-registry.ts';

const graceMsDefault = 30_000;
const noticeMsDefault = 2_000;

interface Waits {
  readonly graceMs: number;
  readonly noticeMs: number;
  /** Undefined: never. */
  readonly deregisterAfter: number | undefined;
}

export async function registerService(asked: Invocation, service: string): Promise<number> {
  using link = untilHungUp(asked.signal);
  const invocation = { ...asked, signal: link.signal };
  const request = requestOf(invocation, service);
  const checks = checksOf(invocation);
  const waits = waitsOf(invocation);
  const ttl = durationOption(invocation, 'ttl');
  return await withRegistry(invocation, ttl === undefined ? {} : { ttl }, async (registry) => {
    const registration = await registered(invocation, registry, {
      ...request,
      ...(checks.length === 0 ? {} : { status: 'critical' }),
    });
    await using _ = registration;
    const { deregisterAfter } = waits;
    const options = { name: service, ...(deregisterAfter === undefined ? {} : { deregisterAfter }) };
    using watch = checks.length === 0 ? undefined : watchHealth(registration, checks, options);
    watch?.subscribe((status) => tell(invocation, 'status', registration, { status }));
    return await serve(invocation, registration, waits, () => watch?.close());
  });
}

async function registered(
  invocation: Invocation,
  registry: ServiceRegistry,
  request: InstanceRequest,
): Promise<Registration> {
  const wait = durationOption(invocation, 'wait');
  const registration = await registry.register(request, {
    signal: invocation.signal,
    ...(wait === undefined ? {} : { wait }),
  });
  const { address, token } = registration.instance;
  tell(invocation, 'registered', registration, { address: addressText(address), token });
  return registration;
}

/** Until it is asked to end, the command has ended, or the registration is over. */
async function serve(
  invocation: Invocation,
  registration: Registration,
  { graceMs, noticeMs }: Waits,
  endChecks: () => void,
): Promise<number> {
  const child = childOf(invocation, registration);
  const draining = drainOnSignals(registration, {
    signals: [],
    checks: { close: endChecks },
    notice: noticeMs,
    requestsLimit: graceMs,
    ...(child === undefined ? {} : { inFlight: requestsOf(child, graceMs) }),
  });
  const over = Promise.withResolvers<'asked' | 'ended' | 'lost'>();
  const lost = (): void => over.resolve('lost');
  const askedFor = (): void => over.resolve('asked');
  registration.signal.addEventListener('abort', lost, { once: true });
  invocation.signal.addEventListener('abort', askedFor, { once: true });
  if (registration.signal.aborted) lost();
  if (invocation.signal.aborted) askedFor();
  child?.ended.then(() => over.resolve('ended'), over.reject);
  try {
    const why = await over.promise;
    if (why === 'asked') return await drained(invocation, registration, draining, child);
    if (why === 'lost') return await ousted(invocation, registration, child, graceMs);
    return (await child?.ended) ?? exitCodes.done;
  } finally {
    registration.signal.removeEventListener('abort', lost);
    invocation.signal.removeEventListener('abort', askedFor);
    await draining.close();
  }
}

function childOf(invocation: Invocation, registration: Registration): ChildCommand | undefined {
  const [program, ...words] = invocation.rest;
  if (program === undefined) return undefined;
  const { service, id, token } = registration.instance;
  return new ChildCommand({
    command: [program, ...words],
    environment: { QUORATE_SERVICE: service, QUORATE_INSTANCE: id, QUORATE_TOKEN: String(token) },
    note: invocation.note,
  });
}

/** The command knows what it has under way: it is asked to end, and what it is waited for is that it has. */
function requestsOf(
  child: ChildCommand,
  graceMs: number,
): { readonly count: number; idle(signal: AbortSignal): Promise<void> } {
  return {
    get count() {
      return child.isOver ? 0 : 1;
    },
    idle: async () => {
      child.stop(graceMs);
      await child.ended;
    },
  };
}

/** Whoever asks a second time does not want to wait. */
const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

async function drained(
  invocation: Invocation,
  registration: Registration,
  draining: Draining,
  child: ChildCommand | undefined,
): Promise<number> {
  const hurry = (): void => {
    draining.hurry();
    child?.kill();
  };
  for (const ending of endings) process.on(ending, hurry);
  tell(invocation, 'draining', registration, {});
  try {
    const report = await draining.begin();
    child?.kill();
    const code = await child?.ended;
    return reported(invocation, registration, report) ? (code ?? exitCodes.done) : exitCodes.failed;
  } finally {
    for (const ending of endings) process.off(ending, hurry);
  }
}

/** True where the registry has said that it is gone. */
function reported(invocation: Invocation, registration: Registration, { steps }: DrainReport): boolean {
  const last = steps.find(({ step }) => step === 'registration');
  if (last?.outcome === 'done') {
    tell(invocation, 'deregistered', registration, {});
    return true;
  }
  invocation.note('quorate: the registry could not be told; it stays there until its time to live is over');
  return false;
}

async function ousted(
  invocation: Invocation,
  { signal, instance }: Registration,
  child: ChildCommand | undefined,
  graceMs: number,
): Promise<number> {
  const reason = signal.reason instanceof Error ? signal.reason.message : String(signal.reason);
  invocation.note(`quorate: ${instance.id} of ${instance.service} is not registered any more: ${reason}`);
  child?.stop(graceMs);
  await child?.ended;
  return exitCodes.failed;
}

/** What the command writes stands on the standard output, and on that alone. */
function tell(
  invocation: Invocation,
  event: 'registered' | 'status' | 'draining' | 'deregistered',
  { instance: { service, id } }: Registration,
  more: Readonly<Record<string, unknown>>,
): void {
  const say = invocation.rest.length > 0 ? invocation.note : invocation.out;
  if (isSet(invocation, 'json')) say(JSON.stringify({ event, service, id, ...more }));
  else say([event, `${service}/${id}`, ...Object.values(more)].join(' '));
}

function requestOf(invocation: Invocation, service: string): InstanceRequest {
  const address = textOption(invocation, 'address');
  if (address === undefined) throw new UsageError('--address is missing: host:port where callers reach it');
  const weight = textOption(invocation, 'weight');
  const plain = ['id', 'zone', 'region', 'version'].flatMap((name) => {
    const value = textOption(invocation, name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    service,
    address: parseAddress(address),
    ...Object.fromEntries(plain),
    ...(weight === undefined ? {} : { weight: weightOf(weight) }),
    tags: textOptions(invocation, 'tag'),
    metadata: Object.fromEntries(textOptions(invocation, 'meta').map(metadataPair)),
  };
}

function weightOf(text: string): number {
  const weight = Number(text);
  if (weight > 0 && Number.isFinite(weight)) return weight;
  throw new UsageError(`--weight is ${JSON.stringify(text)}, but must be a number above 0, such as 2.5`);
}

function metadataPair(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new UsageError(`--meta is ${JSON.stringify(text)}, but must be a name and a value, such as team=red`);
}

/** Read before anything is registered, so that nobody sees what is taken back at once. */
function waitsOf(invocation: Invocation): Waits {
  return {
    graceMs: durationOption(invocation, 'grace') ?? graceMsDefault,
    noticeMs: durationOption(invocation, 'notice') ?? noticeMsDefault,
    deregisterAfter: lengthOption(invocation, 'give-up'),
  };
}

function lengthOption(invocation: Invocation, name: 'give-up' | 'interval'): number | undefined {
  const length = durationOption(invocation, name);
  if (length !== 0) return length;
  const text = JSON.stringify(textOption(invocation, name));
  throw new UsageError(`--${name} is ${text}, but must be more than 0 ms`);
}

function checksOf(invocation: Invocation): ReturnType<typeof parseCheck>[] {
  const interval = lengthOption(invocation, 'interval');
  const options = interval === undefined ? {} : { interval };
  return textOptions(invocation, 'check').map((text) => parseCheck(text, options));
}
