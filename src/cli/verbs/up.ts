/**
 * `quorate up`: a cluster on this machine, one process a node, durable under one directory. What `npm start`
 * runs. Stopped and started again it goes on where it was.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { drawClusterName, drawIdentity, readBirthRecord, writeBirthRecord } from '../../node/index.ts';
import type { Address, Machine } from '../../ports/index.ts';
import { realMachine, silentLog } from '../../ports/real/index.ts';
import { openClient } from '../endpoints.ts';
import { askAll } from '../member-status.ts';
import {
  exitCodes,
  type Invocation,
  numberOption,
  textOption,
  UsageError,
  type Verb,
  wordsOf,
} from '../verb.ts';

export const up: Verb = {
  name: 'up',
  words: '',
  summary: 'Runs a whole cluster on this machine',
  options: { nodes: { type: 'string' }, data: { type: 'string' }, port: { type: 'string' } },
  help: {
    nodes: 'how many nodes (default 3)',
    data: 'where their data lies (default .quorate)',
    port: 'node i listens on this port + i (default 7700)',
  },
  examples: ['quorate up', 'quorate up --nodes 5 --data /var/tmp/quorate --port 8000'],
  run,
};

interface Member {
  readonly name: string;
  readonly directory: string;
  readonly address: Address;
}

const stopMsMax = 10_000;
const lookMs = 50;

async function run(invocation: Invocation): Promise<number> {
  wordsOf(invocation, 0, 'no words');
  const nodes = numberOption(invocation, 'nodes', { least: 1, most: 9, otherwise: 3 });
  const port = numberOption(invocation, 'port', { least: 1, most: 65_535 - nodes, otherwise: 7700 });
  const data = textOption(invocation, 'data') ?? '.quorate';
  const members = Array.from({ length: nodes }, (_, place): Member => {
    const name = `node${place + 1}`;
    return { name, directory: `${data}/${name}`, address: { host: '127.0.0.1', port: port + place + 1 } };
  });
  await prepare(realMachine({ log: silentLog() }), members);
  const children = members.map((member) => start(member));
  try {
    const ended = Promise.race(children.map((child, place) => exitOf(child, members[place] as Member)));
    const ready = await Promise.race([whenReady(invocation, members), ended]);
    if (ready !== undefined) return told(invocation, ready);
    welcome(invocation, members);
    const early = await Promise.race([stopped(invocation.signal), ended]);
    return early === undefined ? exitCodes.done : told(invocation, early);
  } finally {
    await Promise.all(children.map((child) => stop(child)));
  }
}

/** Gives every node its identity, and each the addresses of all, on the first start. */
async function prepare(machine: Machine, members: readonly Member[]): Promise<void> {
  const known = await Promise.all(members.map(({ directory }) => readBirthRecord(machine.disk, directory)));
  const prepared = known.filter((record) => record !== undefined);
  if (prepared.length > 0) {
    const first = prepared[0];
    if (prepared.length === members.length && first?.bootstrap.length === members.length) return;
    throw new UsageError(
      `the data directory holds a cluster of ${first?.bootstrap.length ?? 0} nodes; start as many, or choose another with --data`,
    );
  }
  const cluster = drawClusterName(machine.random);
  const identities = members.map(() => drawIdentity(machine.random, cluster));
  const bootstrap = identities.map(({ member }) => member);
  const addresses = new Map(
    identities.map(({ member }, place) => [member, (members[place] as Member).address]),
  );
  for (const [place, identity] of identities.entries()) {
    const { directory } = members[place] as Member;
    await writeBirthRecord(machine.disk, directory, { identity, started: false, bootstrap, addresses });
  }
}

/** Its log goes to a file beside its data. */
function start({ name, directory, address }: Member): ChildProcess {
  const main = fileURLToPath(
    new URL(`../main.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url),
  );
  const words = ['serve', '--name', name, '--data', directory, '--listen', `${address.host}:${address.port}`];
  const log = openSync(`${directory}.log`, 'a');
  try {
    return spawn(process.execPath, [main, ...words], { stdio: ['ignore', 'ignore', log] });
  } finally {
    closeSync(log);
  }
}

/** Why a node is gone. */
function exitOf(child: ChildProcess, { name, directory }: Member): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`${name} cannot be started: ${error.message}`));
    child.once('exit', (code, signal) =>
      resolve(`${name} ended (${signal ?? code}); its log ${directory}.log says why`),
    );
  });
}

/** Resolves when every node answers and one of them leads. */
async function whenReady(invocation: Invocation, members: readonly Member[]): Promise<undefined> {
  const endpoints = members.map(({ address }) => address);
  await using client = openClient(invocation, endpoints);
  while (!invocation.signal.aborted) {
    const statuses = await askAll(client, endpoints);
    const leader = statuses.find(({ state }) => state?.role === 'leader')?.state;
    if (leader !== undefined && statuses.every(({ state }) => state?.leader === leader.member)) return;
    await delay(lookMs);
  }
}

function welcome(invocation: Invocation, members: readonly Member[]): void {
  const endpoints = members.map(({ address: { host, port } }) => `${host}:${port}`).join(',');
  invocation.out(`ready ${endpoints}`);
  invocation.note('');
  invocation.note(
    `${members.length} nodes run, durable beside ${members[0]?.directory}. In another terminal, try:`,
  );
  invocation.note(`  export QUORATE_ENDPOINTS=${endpoints}`);
  for (const words of ['put greeting hello', 'get greeting', 'status'])
    invocation.note(`  ${command()}${words}`);
  invocation.note('Ctrl-C stops all of them; started again, they go on where they were.');
}

/** How this program was started, and so how its other verbs are. */
function command(): string {
  return import.meta.url.endsWith('.ts') ? 'npm run -s quorate -- ' : 'npx quorate ';
}

function told(invocation: Invocation, reason: string): number {
  invocation.note(`quorate up: ${reason}`);
  return exitCodes.failed;
}

function stopped(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

/** Asks it to stop cleanly, and insists after a while. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
  });
  child.kill('SIGTERM');
  const insist = setTimeout(() => child.kill('SIGKILL'), stopMsMax);
  await gone;
  clearTimeout(insist);
}
