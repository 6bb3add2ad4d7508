/**
 * `quorate up`: a cluster on this machine, one process a node, durable under one directory. What `npm start`
 * runs. Stopped and started again it goes on where it was.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { readBirthRecord } from '../../node/index.ts';
import { addressText } from '../../ports/index.ts';
import { realMachine, silentLog } from '../../ports/real/index.ts';
import { ChildNode } from '../child-node.ts';
import { openClient } from '../endpoints.ts';
import { gossipKeysHelp, gossipKeysOf } from '../gossip/index.ts';
import { type LocalMember, localMembers, prepareMembers } from '../local-members.ts';
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
  options: {
    nodes: { type: 'string' },
    data: { type: 'string' },
    port: { type: 'string' },
    http: { type: 'string' },
    gossip: { type: 'string' },
    'gossip-keys': { type: 'string' },
  },
  help: {
    nodes: 'how many nodes (default 3)',
    data: 'where their data lies (default .quorate)',
    port: 'node i listens on this port + i (default 7700)',
    http: 'node i serves /metrics, /healthz, /readyz and /gossip on this port + i (default: none)',
    gossip: 'node i gossips on this port + i (default: none)',
    'gossip-keys': gossipKeysHelp,
  },
  examples: [
    { run: 'quorate up', what: 'three nodes under .quorate, on the ports 7701 to 7703' },
    { run: 'quorate up --nodes 5 --data /var/tmp/quorate --port 8000', what: 'more, and elsewhere' },
    {
      run: 'quorate up --gossip 7940 --gossip-keys none',
      what: 'with seeds for programs that gossip, on 127.0.0.1:7941 and so on',
    },
    { run: 'quorate up --http 9700', what: 'with metrics on 127.0.0.1:9701 and so on' },
  ],
  run,
};

const readyMsMax = 60_000;
const lookMs = 50;

async function run(invocation: Invocation): Promise<number> {
  wordsOf(invocation, 0, 'no words');
  const nodes = numberOption(invocation, 'nodes', { least: 1, most: 9, otherwise: 3 });
  const port = numberOption(invocation, 'port', { least: 1, most: 65_535 - nodes, otherwise: 7700 });
  const data = textOption(invocation, 'data') ?? '.quorate';
  if (data === '') throw new UsageError('--data is empty; name a directory');
  const http = numberOption(invocation, 'http', { least: 1, most: 65_535 - nodes, otherwise: 0 });
  const gossip = numberOption(invocation, 'gossip', { least: 1, most: 65_535 - nodes, otherwise: 0 });
  // Before anything is made: what is wrong with the keys each of the nodes would say in its log.
  if (gossip !== 0) gossipKeysOf(invocation);
  const ports = { ...(http === 0 ? {} : { http }), ...(gossip === 0 ? {} : { gossip }) };
  const members = localMembers({ nodes, port, data, ...ports });
  const machine = realMachine({ log: silentLog() });
  const records = await Promise.all(members.map(({ directory }) => readBirthRecord(machine.disk, directory)));
  await prepareMembers(machine, members, records);
  // Until all nodes are down a second signal changes nothing: stopping has a bound of its own, and whoever
  // starts this through npm has Ctrl-C delivered twice, by the terminal and by npm.
  process.on('SIGINT', ignored).on('SIGTERM', ignored);
  const children = members.map((member) => new ChildNode(member, gossipWords(invocation, member, members)));
  try {
    return await watch(invocation, members, children, data);
  } finally {
    await Promise.all(children.map((child) => child.stop()));
    process.off('SIGINT', ignored).off('SIGTERM', ignored);
  }
}

/** Nodes that share a machine cannot share a port, so each is told of all. */
function gossipWords(
  invocation: Invocation,
  { gossip }: LocalMember,
  members: readonly LocalMember[],
): readonly string[] {
  if (gossip === undefined) return [];
  const seeds = members.flatMap((member) =>
    member.gossip === undefined ? [] : [addressText(member.gossip)],
  );
  const keys = textOption(invocation, 'gossip-keys');
  const words = ['--gossip', addressText(gossip), '--gossip-seeds', seeds.join(',')];
  return keys === undefined ? words : [...words, '--gossip-keys', keys];
}

function ignored(): void {
  // The invocation's signal has been told.
}

/** Until it is told to stop, or a node ends by itself: a cluster that lost one says so instead of limping. */
async function watch(
  invocation: Invocation,
  members: readonly LocalMember[],
  children: readonly ChildNode[],
  data: string,
): Promise<number> {
  const ended = Promise.race(children.map((child) => child.ended));
  const stop = stopped(invocation.signal);
  const looking = new AbortController();
  const ready = whenReady({ invocation, members, children, signal: looking.signal });
  const readiness = await Promise.race([ready, ended, stop]);
  looking.abort();
  if (readiness === 'ready') welcome(invocation, members, data);
  const problem = readiness === 'ready' ? await Promise.race([stop, ended]) : readiness;
  if (problem === undefined || invocation.signal.aborted) return exitCodes.done;
  invocation.note(`quorate up: ${problem}`);
  return exitCodes.failed;
}

interface Look {
  readonly invocation: Invocation;
  readonly members: readonly LocalMember[];
  readonly children: readonly ChildNode[];
  /** Ends the looking, whatever it has seen. */
  readonly signal: AbortSignal;
}

/**
 * Resolves to `ready` when every node answers and one of them leads, to a complaint when that takes too long.
 * Only our own processes count: another cluster may hold the ports, and be quicker to answer than our nodes are
 * to find that out.
 */
async function whenReady({ invocation, members, children, signal }: Look): Promise<string> {
  const endpoints = members.map(({ address }) => address);
  await using client = openClient(invocation, endpoints);
  const deadline = performance.now() + readyMsMax;
  while (!signal.aborted && performance.now() < deadline) {
    const states = (await askAll(client, endpoints)).map(({ state }) => state);
    const leader = states.find((state) => state?.role === 'leader')?.member;
    const follow = states.every(
      (state, place) => state?.pid === children[place]?.pid && state?.leader === leader,
    );
    if (leader !== undefined && follow) return 'ready';
    await delay(lookMs);
  }
  return `no leader that all nodes follow within ${readyMsMax / 1000} s; the logs beside ${members[0]?.log} may say why`;
}

function welcome(invocation: Invocation, members: readonly LocalMember[], data: string): void {
  const endpoints = members.map(({ address: { host, port } }) => `${host}:${port}`).join(',');
  invocation.out(`ready ${endpoints}`);
  invocation.note('');
  invocation.note(`${members.length} nodes run, durable under ${data}. In another terminal, try:`);
  invocation.note(`  export QUORATE_ENDPOINTS=${endpoints}`);
  for (const words of ['put greeting hello', 'get greeting', 'status'])
    invocation.note(`  ${command()}${words}`);
  invocation.note('Ctrl-C stops all of them; started again, they go on where they were.');
}

/** How this program was started, and so how its other verbs are. */
function command(): string {
  return import.meta.url.endsWith('.ts') ? 'npm run -s quorate -- ' : 'npx quorate ';
}

function stopped(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
