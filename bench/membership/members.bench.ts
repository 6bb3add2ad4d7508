/**
 * Hundreds of real members on loopback, about fifty in a process and one in a process of its own, at the default pace:
 * how soon all know all, what each costs when nothing happens, how soon all have heard what one says of itself; whether
 * somebody else is accused because a process stands still for five seconds; and how soon a process that is killed is
 * known dead by all. The last two with the process of one member, and with one of about fifty.
 *
 *   node bench/membership/members.bench.ts [--json] [--members 50,300] [--rest 30] [CASE ...]
 *
 * The cases are `rest`, `update`, `stop-one`, `stop-many`, `kill-one` and `kill-many`; without one, `rest` in all sizes
 * and all in the largest. Fails when a figure is beyond its bound.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { detectionBound, swimSettings } from '../../src/gossip/index.ts';
import { BoundReport } from '../gossip/bound-report.ts';
import { type Answer, MembersProcess, type Question, type Spent } from './members-process.ts';

const { values: options, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    members: { type: 'string', default: '50,300' },
    rest: { type: 'string', default: '30' },
  },
});
const sizes = options.members.split(',').map(Number);
const restMs = Number(options.rest) * 1_000;
/** News of the joining are over by then. */
const settleMs = 15_000;
/** Members that were in trouble because of the joining judge as usual again by then, on a machine that is not busy. */
const calmMsMax = 30_000;
const stopMs = 5_000;
const perProcess = 50;
const updates = 5;
const bound = (members: number): number => detectionBound(members, swimSettings()).totalMs;

const report = new BoundReport({ bench: 'members', json: options.json });

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[values.length >> 1] ?? Number.NaN;
}

/** What tells a machine that was too busy for its members: the figures of it say little. */
interface Trouble {
  readonly localHealthMax: number;
  readonly stalls: number;
}

/** Processes of members, of which the last has a single one. */
class Crowd implements AsyncDisposable {
  readonly count: number;
  readonly processes: MembersProcess[] = [];

  constructor(count: number) {
    this.count = count;
    const full = Math.max(1, Math.ceil((count - 1) / perProcess));
    let first = 0;
    for (let place = 0; place < full; place += 1) {
      const share = Math.ceil((count - 1 - first) / (full - place));
      this.processes.push(new MembersProcess(first, share));
      first += share;
    }
    this.processes.push(new MembersProcess(first, 1));
  }

  get single(): MembersProcess {
    return this.processes.at(-1) as MembersProcess;
  }

  async ask(question: Question): Promise<Answer[]> {
    return Promise.all(this.processes.map((process) => process.ask(question)));
  }

  /** How long it took from that moment on until it was true in all of them. */
  async took(sinceNs: bigint, question: Question): Promise<number> {
    const answers = await this.ask(question);
    return Math.max(...answers.map(({ atNs }) => Number(atNs - sinceNs) / 1e6));
  }

  async accused(): Promise<{ suspected: Set<string>; failed: Set<string> }> {
    const answers = await this.ask({ kind: 'accused' });
    return {
      suspected: new Set(answers.flatMap(({ suspected }) => suspected)),
      failed: new Set(answers.flatMap(({ failed }) => failed)),
    };
  }

  async trouble(): Promise<Trouble> {
    const answers = await this.ask({ kind: 'spent' });
    return {
      localHealthMax: Math.max(...answers.map(({ localHealthMax }) => localHealthMax)),
      stalls: answers.reduce((sum, { stalls }) => sum + stalls, 0),
    };
  }

  async kill(process: MembersProcess): Promise<bigint> {
    this.processes.splice(this.processes.indexOf(process), 1);
    return process.kill();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.processes.map((process) => process[Symbol.asyncDispose]()));
  }
}

async function joined(crowd: Crowd): Promise<void> {
  // All have started before the first of them joins.
  await crowd.ask({ kind: 'spent' });
  const sinceNs = process.hrtime.bigint();
  const [seed, ...others] = crowd.processes as [MembersProcess, ...MembersProcess[]];
  const { address } = await seed.ask({ kind: 'join', seeds: [] });
  await Promise.all(others.map((other) => other.ask({ kind: 'join', seeds: [address] })));
  const tookMs = await crowd.took(sinceNs, { kind: 'know', count: crowd.count });
  const spent = together((await crowd.ask({ kind: 'spent' })).map((answer) => answer.spent));
  report.tell({
    name: `join-${crowd.count}`,
    ours: tookMs,
    unit: 'ms',
    figures: {
      processes: crowd.processes.length,
      processorMsEach: spent.processorUs / 1_000 / crowd.count,
      datagramsEach: spent.packets / crowd.count,
      connectionsEach: spent.connections / crowd.count,
      messagesLost: spent.lost,
    },
  });
  await delay(settleMs);
  const calmByMs = performance.now() + calmMsMax;
  while ((await crowd.trouble()).localHealthMax > 1 && performance.now() < calmByMs) await delay(1_000);
  await crowd.accused();
}

function together(all: readonly Spent[]): Spent {
  const sum = (of: (one: Spent) => number): number => all.reduce((total, one) => total + of(one), 0);
  return {
    processorUs: sum(({ processorUs }) => processorUs),
    packets: sum(({ packets }) => packets),
    bytes: sum(({ bytes }) => bytes),
    connections: sum(({ connections }) => connections),
    lost: sum(({ lost }) => lost),
  };
}

interface Rest {
  readonly trouble: Trouble;
  readonly perMember: Spent;
  readonly ofSingle: Spent;
}

/** Each second, of each member in a process of many, and of the process that has one. */
async function rest(crowd: Crowd): Promise<Rest> {
  const beforeNs = process.hrtime.bigint();
  const before = await crowd.ask({ kind: 'spent' });
  await delay(restMs);
  const after = await crowd.ask({ kind: 'spent' });
  const seconds = Number(process.hrtime.bigint() - beforeNs) / 1e9;
  const each = after.map(({ spent }, place) => lessThan(spent, (before[place] as Answer).spent, seconds));
  const shares = each.slice(0, -1);
  return {
    trouble: await crowd.trouble(),
    perMember: lessThan(together(shares), nothing, crowd.count - 1),
    ofSingle: each.at(-1) as Spent,
  };
}

const nothing: Spent = { processorUs: 0, packets: 0, bytes: 0, connections: 0, lost: 0 };

function lessThan(after: Spent, before: Spent, share: number): Spent {
  return {
    processorUs: (after.processorUs - before.processorUs) / share,
    packets: (after.packets - before.packets) / share,
    bytes: (after.bytes - before.bytes) / share,
    connections: (after.connections - before.connections) / share,
    lost: (after.lost - before.lost) / share,
  };
}

async function updated(crowd: Crowd): Promise<void> {
  const timesMs: number[] = [];
  const [teller] = crowd.processes;
  const [id] = teller?.ids ?? [];
  if (teller === undefined || id === undefined) return;
  for (let order = 0; order < updates; order += 1) {
    const zone = `zone-${order}`;
    const { atNs } = await teller.ask({ kind: 'say', zone });
    timesMs.push(await crowd.took(atNs, { kind: 'hear', id, zone }));
  }
  const figures = { worstMs: Math.max(...timesMs), rounds: timesMs.length };
  report.tell({ name: `update-${crowd.count}`, ours: median(timesMs), unit: 'ms', figures });
}

/** A process stands still for five seconds. */
async function stopped(crowd: Crowd, name: string, process: MembersProcess): Promise<void> {
  const { ids } = process;
  await crowd.accused();
  process.signal('SIGSTOP');
  await delay(stopMs);
  const goesOnNs = process.signal('SIGCONT');
  const backMs = await crowd.took(goesOnNs, { kind: 'trust', ids });
  await delay(stopMs);
  const { suspected, failed } = await crowd.accused();
  const others = [...suspected].filter((one) => !ids.includes(one));
  report.tell({
    name: `${name}-${crowd.count}`,
    ours: failed.size + others.length,
    unit: 'deaths, and suspicions of others',
    bound: 0,
    figures: { stopped: ids.length, suspected: suspected.size, trustedAfterMs: Math.max(0, backMs) },
  });
}

async function killed(crowd: Crowd, name: string): Promise<void> {
  const victim = crowd.processes.at(-1);
  if (victim === undefined || crowd.processes.length === 1) return;
  const left = crowd.count - victim.ids.length;
  await crowd.accused();
  const sinceNs = await crowd.kill(victim);
  const tookMs = await crowd.took(sinceNs, { kind: 'bury', ids: victim.ids });
  const { failed } = await crowd.accused();
  const figures = {
    dead: victim.ids.length,
    told: left,
    falseDeaths: [...failed].filter((id) => !victim.ids.includes(id)).length,
    ...(await crowd.trouble()),
  };
  report.tell({
    name: `${name}-${crowd.count}`,
    ours: tookMs,
    unit: 'ms',
    bound: bound(crowd.count),
    figures,
  });
}

const isWanted = (name: string): boolean => wanted.length === 0 || wanted.includes(name);
const rests = new Map<number, Rest>();

for (const count of sizes) {
  await using crowd = new Crowd(count);
  await joined(crowd);
  if (isWanted('rest')) rests.set(count, await rest(crowd));
  if (count !== Math.max(...sizes)) continue;
  if (isWanted('update')) await updated(crowd);
  // The last process has a single member, and the first as many as the others.
  if (isWanted('stop-one')) await stopped(crowd, 'stop-one', crowd.single);
  if (isWanted('stop-many')) await stopped(crowd, 'stop-many', crowd.processes[0] as MembersProcess);
  // Each kills the last that is left.
  if (isWanted('kill-one')) await killed(crowd, 'kill-one');
  if (isWanted('kill-many')) await killed(crowd, 'kill-many');
}
const [smallest] = rests.values();
for (const [count, { perMember, ofSingle, trouble }] of rests) {
  report.tell({
    name: `rest-${count}`,
    ours: perMember.packets,
    unit: 'datagrams/s each',
    figures: {
      bytesEach: perMember.bytes,
      connectionsEach: perMember.connections,
      processorUsEach: perMember.processorUs,
      processorRatio: perMember.processorUs / (smallest as Rest).perMember.processorUs,
      processorUsAlone: ofSingle.processorUs,
      ...trouble,
    },
  });
}
if (report.failures > 0) {
  console.error(`${report.failures} figures are beyond their bounds`);
  process.exitCode = 1;
}
