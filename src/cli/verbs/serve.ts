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
import { realMachine } from '../../ports/real/index.ts';
import { CertificateFiles, nodeTlsHelp, nodeTlsOptions } from '../certificates.ts';
import { parseAddress } from '../endpoints.ts';
import { exitCodes, type Invocation, textOption, UsageError, type Verb, wordsOf } from '../verb.ts';

export const serve: Verb = {
  name: 'serve',
  words: '',
  summary: 'Runs one node until it is stopped',
  options: {
    name: { type: 'string' },
    data: { type: 'string' },
    listen: { type: 'string' },
    bootstrap: { type: 'boolean' },
    ...nodeTlsOptions,
  },
  help: {
    name: 'what the node is called in its log',
    data: 'the data directory',
    listen: 'host:port to listen on',
    bootstrap: 'begin a new cluster of one in an empty data directory',
    ...nodeTlsHelp,
  },
  examples: [
    'quorate serve --name a --data ./a --listen 127.0.0.1:7701 --bootstrap',
    'quorate serve --name a --data ./a --listen a.example:7701 --tls-cert a.pem --tls-key a.key --tls-ca ca.pem',
  ],
  run,
};

async function run(invocation: Invocation): Promise<number> {
  wordsOf(invocation, 0, 'no words');
  const directory = required(invocation, 'data');
  const listen = parseAddress(required(invocation, 'listen'));
  const files = CertificateFiles.of(invocation);
  const tls = files?.read();
  const machine = realMachine();
  if (invocation.options['bootstrap'] === true) await bootstrap(machine, directory, listen);
  const failure = Promise.withResolvers<unknown>();
  const log = machine.log.with({ node: textOption(invocation, 'name') ?? directory });
  await using node = await startFromDirectory({
    machine: { ...machine, log },
    directory,
    listen,
    ...(tls === undefined ? {} : { tls }),
    processId: process.pid,
    checksum: nativeCrc32,
    stateMachine: () => new StoreMachine(),
    onFailure: failure.resolve,
  });
  using _ = tls && files?.follow(tls, (renewed) => node.reloadTls(renewed), log);
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
