/** `quorate serve`: one node, in this process, until it is told to stop. */
import { hostname } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { crc32 as nativeCrc32 } from 'node:zlib';
import { type Duration, durationMs } from '../../base/index.ts';
import { checkMemberAddress, checkMemberName } from '../../net/index.ts';
import {
  drawClusterName,
  drawIdentity,
  type JoinOptions,
  prepareToJoin,
  readBirthRecord,
  writeBirthRecord,
} from '../../node/index.ts';
import type { Address, Machine } from '../../ports/index.ts';
import { realCryptography, realLog, realMachine } from '../../ports/real/index.ts';
import { CertificateFiles, nodeTlsHelp, nodeTlsOptions, secretsOf } from '../certificates.ts';
import { parseAddress } from '../endpoints.ts';
import { gossipHelp, gossipOptions, gossipPlanOf, ServedNode } from '../serving/index.ts';
import {
  choiceOption,
  durationOption,
  exitCodes,
  type Invocation,
  textOption,
  UsageError,
  type Verb,
  wordsOf,
} from '../verb.ts';

/**
 * How far the heap may grow over what lives in it before all of it is collected. Most of what a node keeps for a
 * while is log, which dies old: by the engine's own rule, which lets a heap of this size grow to several times of
 * what lives, a busy node took more and more memory for minutes, nearly all of it garbage.
 */
const heapGrowth = '--heap-growing-percent=50';

const joinMsDefault = 60_000;
const logLevels = ['debug', 'info', 'warn', 'error'] as const;

export const serve: Verb = {
  name: 'serve',
  words: '',
  summary: 'Runs one node until it is stopped',
  options: {
    name: { type: 'string' },
    data: { type: 'string' },
    listen: { type: 'string' },
    advertise: { type: 'string' },
    bootstrap: { type: 'boolean' },
    http: { type: 'string' },
    'log-level': { type: 'string' },
    history: { type: 'string' },
    join: { type: 'string' },
    learner: { type: 'boolean' },
    timeout: { type: 'string' },
    ...gossipOptions,
    ...nodeTlsOptions,
  },
  help: {
    name: 'what the node is called, here and in its cluster (default: made of its identity)',
    data: 'the data directory',
    listen: 'host:port to listen on',
    advertise: 'host:port under which the other nodes and clients reach it (default: where it listens)',
    bootstrap: 'begin a new cluster of one in an empty data directory',
    http: 'host:port for /metrics, /healthz, /readyz and /gossip (default: none); for operators only',
    'log-level': 'debug, info (default), warn or error: what is logged on stderr, a JSON line each',
    history: "how long the past can be read and watched from, such as '1h' (default 1h); 0 for ever",
    join: 'with an empty data directory, join the cluster of these nodes, host:port,host:port',
    learner: 'stay a learner, which has all data and no vote, until it is promoted',
    timeout: "how long the cluster may take to take it in, such as '10s' (default 60s)",
    ...gossipHelp,
    ...nodeTlsHelp,
  },
  choices: { 'log-level': logLevels },
  examples: [
    {
      run: 'quorate serve --name a --data ./a --listen 127.0.0.1:7701 --bootstrap',
      what: 'a new cluster of one, or the node that is there',
    },
    {
      run: 'quorate serve --name b --data ./b --listen 127.0.0.1:7702 --join 127.0.0.1:7701',
      what: 'a node that joins a cluster, or goes on in it',
    },
    {
      run: 'quorate serve --name c --data ./c --listen 0.0.0.0:7701 --advertise c.example:7701 --join a.example:7701 --learner',
      what: 'one that others reach under another address, and that has no vote',
    },
    {
      run: 'quorate serve --name a --data ./a --listen 10.0.0.1:7701 --http 127.0.0.1:9701',
      what: 'with metrics and health for operators',
    },
    {
      run: 'quorate serve --name a --data ./a --listen 10.0.0.1:7701 --gossip 10.0.0.1:7946 --gossip-keys ./gossip.keys',
      what: 'which gossips, so that programs find each other',
    },
    {
      run: 'quorate serve --name a --data ./a --listen a.example:7701 --tls-cert a.pem --tls-key a.key --tls-ca ca.pem',
      what: 'by TLS',
    },
  ],
  run,
};

async function run(invocation: Invocation): Promise<number> {
  wordsOf(invocation, 0, 'no words');
  setFlagsFromString(heapGrowth);
  const directory = required(invocation, 'data');
  const listen = parseAddress(required(invocation, 'listen'));
  const files = CertificateFiles.of(invocation);
  const secrets = secretsOf(invocation);
  const tls = files?.read();
  const level = choiceOption(invocation, 'log-level', logLevels, 'info');
  const http = textOption(invocation, 'http');
  const operators = http === undefined ? undefined : parseAddress(http);
  const joinMs = durationOption(invocation, 'timeout') ?? joinMsDefault;
  const gossip = gossipPlanOf(invocation);
  const historyMs = historyOf(invocation);
  const advertise = advertised(invocation, listen);
  const given = textOption(invocation, 'name');
  if (given !== undefined) checkMemberName(given);
  const bare = realMachine({ log: realLog({ level }) });
  const isPrepared = await prepare(invocation, bare, directory, {
    cryptography: realCryptography(),
    ...(tls === undefined ? {} : { tls }),
    ...(secrets === undefined ? {} : { secrets }),
  });
  if (!isPrepared) return exitCodes.done;
  const name = given ?? (await nameOf(bare, directory));
  await using served = new ServedNode({
    machine: { ...bare, log: bare.log.with({ node: name }) },
    directory,
    listen,
    self: {
      name,
      ...advertise,
      part: invocation.options['learner'] === true ? 'learner' : 'voter',
    },
    historyMs,
    certificates: files === undefined || tls === undefined ? undefined : { files, tls },
    secrets,
    operators,
    gossip,
    joinMs,
  });
  try {
    const end = Promise.race([served.over, stopped(invocation.signal), abandoned()]);
    const early = await Promise.race([served.start().then(() => 'serving' as const), end]);
    const { host, port } = served.address;
    if (early === 'serving') invocation.out(`serving ${host}:${port}`);
    const reason = early === 'serving' ? await end : early;
    if (reason === 'removed') invocation.note(`quorate serve: ${name} was removed from its cluster`);
    await served.stop();
    return exitCodes.done;
  } finally {
    // An open channel would keep this process alive.
    if (process.connected) process.disconnect();
  }
}

/** False where it was told to stop meanwhile. */
async function prepare(
  invocation: Invocation,
  machine: Machine,
  directory: string,
  shown: Pick<JoinOptions, 'tls' | 'secrets' | 'cryptography'>,
): Promise<boolean> {
  const join = textOption(invocation, 'join');
  const isBootstrap = invocation.options['bootstrap'] === true;
  if (join !== undefined && isBootstrap) throw new UsageError('--join and --bootstrap exclude each other');
  if (isBootstrap) await bootstrap(machine, directory);
  if (join === undefined) return true;
  const { signal } = invocation;
  const nodes = join.split(',').map((part) => parseAddress(part));
  try {
    await prepareToJoin({ machine, directory, nodes, checksum: nativeCrc32, ...shown, signal });
    return true;
  } catch (error) {
    // It fails by that, and has nothing yet that would have to be stopped.
    if (signal.aborted) return false;
    throw error;
  }
}

/** A name that nobody gave is made of the identity, so that it is this node's alone and for ever. */
async function nameOf(machine: Machine, directory: string): Promise<string> {
  const record = await readBirthRecord(machine.disk, directory);
  return `node-${(record?.identity.member ?? 0).toString(36)}`;
}

/** Nobody can connect to `every address`, so the host's name stands for it. */
function advertised(invocation: Invocation, listen: Address): { advertise?: Address } {
  const text = textOption(invocation, 'advertise');
  if (text !== undefined) return { advertise: checkMemberAddress(parseAddress(text)) };
  const isEvery = listen.host === '0.0.0.0' || listen.host === '::';
  return isEvery && listen.port !== 0 ? { advertise: { host: hostname(), port: listen.port } } : {};
}

function historyOf(invocation: Invocation): number {
  const history = textOption(invocation, 'history') ?? '1h';
  return durationMs(history === '0' ? 0 : (history as Duration), '--history');
}

function required(invocation: Invocation, name: string): string {
  const value = textOption(invocation, name);
  if (value === undefined) throw new UsageError(`--${name} is missing`);
  return value;
}

/** Harmless where the directory has a node already: then that one starts. */
async function bootstrap(machine: Machine, directory: string): Promise<void> {
  if ((await readBirthRecord(machine.disk, directory)) !== undefined) return;
  const identity = drawIdentity(machine.random, drawClusterName(machine.random));
  await writeBirthRecord(machine.disk, directory, {
    identity,
    started: false,
    bootstrap: [identity.member],
    addresses: new Map(),
  });
}

function stopped(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

/** Under `quorate up` there is a channel to it, which breaks when `up` is gone, however that came about. */
function abandoned(): Promise<undefined> {
  return new Promise((resolve) => {
    if (process.send !== undefined && !process.connected) resolve(undefined);
    else process.once('disconnect', () => resolve(undefined));
  });
}
