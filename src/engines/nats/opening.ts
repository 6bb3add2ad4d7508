/**
 * How an engine on NATS is opened: a connection, JetStream, and a stream that keeps what is put into it. What is in
 * the way is said with its remedy, within the caller's time.
 */
import { QuorateError } from '../../base/index.ts';
import type { ClientTls } from '../../ports/index.ts';
import type { EngineLimits } from '../port/index.ts';
import { jetStreamMissing, type StreamFacts } from './answers.ts';
import { Call } from './call.ts';
import { statedBy } from './capability-notes.ts';
import { type Listening, type WhatListensOptions, whatListens } from './greeting.ts';
import { identityOf } from './identity.ts';
import { Link, rightsError } from './link.ts';
import { NatsEngine } from './nats-engine.ts';
import type { NatsConnection, NatsModule } from './nats-module.ts';
import type { NatsServer, NatsSettings } from './options.ts';
import { findStream, makeStream, Stream } from './stream.ts';

/** Since then consumers and publications have what this engine asks of them. */
const versionLeast = [2, 9] as const;
const copiesOnClusters = 3;
/** For the headers of a message. */
const headerBytes = 4_096;
const valueBytesMax = 512 * 1_024;

export async function openEngine(settings: NatsSettings, module: NatsModule): Promise<NatsEngine> {
  const { clock, deadlineMs, stream: name } = settings;
  using call = new Call({ clock, what: 'opening the engine nats', deadlineMs, signals: [] });
  const address = settings.servers.map(({ host, port }) => `${host}:${port}`).join(',');
  const connection = await connected(settings, module, address, call);
  let engine: NatsEngine | undefined;
  const onEnd = (error: QuorateError): void => engine?.fail(error);
  const link = new Link({ module, connection, clock, address, onEnd });
  try {
    checkServer(link);
    const facts = await readyStream(settings, link, call);
    const own = { link, random: settings.random, api: settings.api };
    const identity = await identityOf({ ...own, stream: name }, call);
    const stream = new Stream({ ...own, name, facts, identity, onLost: onEnd });
    engine = new NatsEngine({
      ...settings,
      ...{ link, stream, root: name },
      ...statedBy(settings.allowsLoss, facts),
      limits: limitsOf(link),
    });
    return engine;
  } catch (error) {
    await link.close();
    throw error;
  }
}

/**
 * The package leaves a socket behind for each server that accepts it and does not greet, which keeps a process from
 * its end; and what it says of such a server does not tell a stranger from one that stands still. So it is shown
 * those only that have greeted.
 */
async function connected(
  settings: NatsSettings,
  module: NatsModule,
  address: string,
  call: Call,
): Promise<NatsConnection> {
  const { servers, deadlineMs } = settings;
  const waitMs = Math.max(1, deadlineMs / 2);
  const greeted = await call.wait(firstThatGreets(servers, { ...settings, waitMs }, address));
  const connecting = module.connect({ ...connectOptions(settings, module), servers: [writtenOut(greeted)] });
  try {
    const connection = await call.wait(connecting);
    const others = connection.getServers().map(({ listen }) => listen);
    connection.setServers([...new Set([...servers.map(writtenOut), ...others])]);
    return connection;
  } catch (error) {
    // One that comes about after all is nobody's.
    connecting.then(
      (late) => late.close(),
      () => undefined,
    );
    throw rightsError(error, address) ?? (call.signal.aborted ? error : unreachable(address, error));
  }
}

type ConnectOptions = Omit<Parameters<NatsModule['connect']>[0], 'servers'>;

function connectOptions(settings: NatsSettings, module: NatsModule): ConnectOptions {
  const { user, password, token, credentials, tls, deadlineMs } = settings;
  return {
    name: 'quorate',
    timeout: Math.max(1, deadlineMs / 2),
    reconnect: true,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 100,
    reconnectJitter: 50,
    pingInterval: 2_000,
    maxPingOut: 2,
    noAsyncTraces: true,
    ignoreAuthErrorAbort: true,
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { pass: password }),
    ...(token === undefined ? {} : { token }),
    ...(credentials === undefined
      ? {}
      : { authenticator: module.credsAuthenticator(new TextEncoder().encode(credentials)) }),
    ...(tls === undefined ? {} : { tls: tlsOptions(tls) }),
  };
}

function tlsOptions({
  authorities,
  certificate,
  key,
  serverName,
}: ClientTls): NonNullable<ConnectOptions['tls']> {
  return {
    ...(authorities === undefined ? {} : { ca: authorities.join('\n') }),
    ...(certificate === undefined ? {} : { cert: certificate }),
    ...(key === undefined ? {} : { key }),
    ...(serverName === undefined ? {} : { servername: serverName }),
  };
}

async function firstThatGreets(
  servers: readonly NatsServer[],
  options: WhatListensOptions,
  address: string,
): Promise<NatsServer> {
  const found: Listening[] = [];
  const greets = async (server: NatsServer): Promise<NatsServer> => {
    const listening = await whatListens(server, options);
    found.push(listening);
    if (listening !== 'nats') throw new Error(`${writtenOut(server)}: ${listening}`);
    return server;
  };
  try {
    return await Promise.any(servers.map(greets));
  } catch (cause) {
    if (!found.includes('stranger')) throw unreachable(address, cause);
    throw notNats(address, cause);
  }
}

function writtenOut({ host, port }: NatsServer): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function notNats(address: string, cause: unknown): QuorateError<'engine-protocol'> {
  return new QuorateError({
    code: 'engine-protocol',
    message: `what listens at ${address} does not speak NATS; check host and port`,
    data: { engine: 'nats', address },
    cause,
    outcome: 'not-applied',
  });
}

function unreachable(address: string, cause: unknown): QuorateError<'engine-unreachable'> {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new QuorateError({
    code: 'engine-unreachable',
    message: `no NATS server can be reached at ${address} (${reason}); start it, or check address, network and TLS`,
    data: { engine: 'nats', address },
    cause,
    outcome: 'not-applied',
  });
}

function checkServer(link: Link): void {
  const { version = '0.0.0', headers } = link.info ?? {};
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  const [majorLeast, minorLeast] = versionLeast;
  const isOld = major < majorLeast || (major === majorLeast && minor < minorLeast);
  if (!isOld && headers === true) {
    if (link.info?.jetstream !== true) throw jetStreamMissing(link.address, 'it is not started there');
    return;
  }
  throw new QuorateError({
    code: 'engine-too-old',
    message: `the NATS server at ${link.address} is ${version}; this engine needs ${versionLeast.join('.')} or later: upgrade it`,
    data: { engine: 'nats', version, needed: versionLeast.join('.') },
  });
}

async function readyStream(settings: NatsSettings, link: Link, call: Call): Promise<StreamFacts> {
  const { stream: name, api, copies } = settings;
  const wanted = copies ?? (link.info?.cluster === undefined ? 1 : copiesOnClusters);
  const wish = { name, subjects: [`${name}.>`], copies: wanted };
  const facts = (await findStream(link, api, name, call)) ?? (await makeStream(link, api, wish, call));
  const problem = unfit(facts, wish.subjects[0] as string, copies);
  if (problem === undefined) return facts;
  throw new QuorateError({
    code: 'engine-failed',
    message: `the stream ${name} at ${link.address} cannot be used: ${problem}; change it, or name another one by the option \`stream\``,
    data: { engine: 'nats', reason: problem },
    outcome: 'not-applied',
  });
}

function unfit(facts: StreamFacts, subject: string, copies: number | undefined): string | undefined {
  if (facts.drops !== undefined) return facts.drops;
  if (!facts.subjects.includes(subject)) return `it does not take ${subject}`;
  if (copies !== undefined && facts.copies < copies)
    return `it has ${facts.copies} copies, and ${copies} are asked for`;
  return undefined;
}

function limitsOf(link: Link): EngineLimits {
  const payloadBytesMax = link.info?.max_payload ?? valueBytesMax;
  return {
    ttlMsMin: 1_000,
    ttlMsMax: 86_400_000,
    valueBytesMax: Math.max(0, Math.min(valueBytesMax, payloadBytesMax - headerBytes)),
    keyBytesMax: 512,
  };
}
