/** `quorate serve`: one node, in this process, until it is told to stop. */
import { crc32 as nativeCrc32 } from 'node:zlib';
import {
  drawClusterName,
  drawIdentity,
  readBirthRecord,
  StoreMachine,
  startFromDirectory,
  writeBirthRecord,
} from '../../node/index.ts';
import type { Address, Machine } from '../../ports/index.ts';
import { realLog, realMachine } from '../../ports/real/index.ts';
import { CertificateFiles, nodeTlsHelp, nodeTlsOptions } from '../certificates.ts';
import { parseAddress } from '../endpoints.ts';
import { openMonitor } from '../node-monitor.ts';
import {
  choiceOption,
  exitCodes,
  type Invocation,
  textOption,
  UsageError,
  type Verb,
  wordsOf,
} from '../verb.ts';

const logLevels = ['debug', 'info', 'warn', 'error'] as const;

export const serve: Verb = {
  name: 'serve',
  words: '',
  summary: 'Runs one node until it is stopped',
  options: {
    name: { type: 'string' },
    data: { type: 'string' },
    listen: { type: 'string' },
    bootstrap: { type: 'boolean' },
    http: { type: 'string' },
    'log-level': { type: 'string' },
    ...nodeTlsOptions,
  },
  help: {
    name: 'what the node is called in its log',
    data: 'the data directory',
    listen: 'host:port to listen on',
    bootstrap: 'begin a new cluster of one in an empty data directory',
    http: 'host:port for /metrics, /healthz and /readyz (default: none); for operators only',
    'log-level': 'debug, info (default), warn or error: what is logged on stderr, a JSON line each',
    ...nodeTlsHelp,
  },
  choices: { 'log-level': logLevels },
  examples: [
    {
      run: 'quorate serve --name a --data ./a --listen 127.0.0.1:7701 --bootstrap',
      what: 'a new cluster of one, or the node that is there',
    },
    {
      run: 'quorate serve --name a --data ./a --listen 10.0.0.1:7701 --http 127.0.0.1:9701',
      what: 'with metrics and health for operators',
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
  const directory = required(invocation, 'data');
  const listen = parseAddress(required(invocation, 'listen'));
  const files = CertificateFiles.of(invocation);
  const tls = files?.read();
  const name = textOption(invocation, 'name') ?? directory;
  const level = choiceOption(invocation, 'log-level', logLevels, 'info');
  const http = textOption(invocation, 'http');
  const operators = http === undefined ? undefined : parseAddress(http);
  const machine = realMachine({ log: realLog({ level }).with({ node: name }) });
  if (invocation.options['bootstrap'] === true) await bootstrap(machine, directory, listen);
  const failure = Promise.withResolvers<unknown>();
  const stores = new Map<number, StoreMachine>();
  await using node = await startFromDirectory({
    machine,
    directory,
    listen,
    ...(tls === undefined ? {} : { tls }),
    processId: process.pid,
    checksum: nativeCrc32,
    stateMachine: (group) => {
      const made = new StoreMachine();
      stores.set(group, made);
      return made;
    },
    onFailure: failure.resolve,
  });
  using _ = tls && files?.follow(tls, (renewed) => node.reloadTls(renewed), machine.log);
  await using _door =
    operators && (await openMonitor(operators, { node, machine, store: () => stores.get(0), name }));
  const { host, port } = node.address ?? listen;
  invocation.out(`serving ${host}:${port}`);
  try {
    const error = await Promise.race([failure.promise, stopped(invocation.signal), abandoned()]);
    if (error === undefined) return exitCodes.done;
    throw error;
  } finally {
    // An open channel would keep this process alive.
    if (process.connected) process.disconnect();
  }
}

function required(invocation: Invocation, name: string): string {
  const value = textOption(invocation, name);
  if (value === undefined) throw new UsageError(`--${name} is missing`);
  return value;
}

/** Harmless where the directory has a node already: then that one starts. */
async function bootstrap(machine: Machine, directory: string, listen: Address): Promise<void> {
  if ((await readBirthRecord(machine.disk, directory)) !== undefined) return;
  const identity = drawIdentity(machine.random, drawClusterName(machine.random));
  const addresses = new Map([[identity.member, listen]]);
  await writeBirthRecord(machine.disk, directory, {
    identity,
    started: false,
    bootstrap: [identity.member],
    addresses,
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
