/**
 * `npm run torture:locks -- [--turns 10000] [--seed S] [--workers 12] [--locks 6] [--ttl 3s] [--epoch 20s] [--faults …|none]
 * [--port P]`: processes take locks of a cluster of real processes, while both are killed, stopped and cut off from each
 * other, until a lock has been given so often. Judged are tokens, guarded writes, that nobody was superseded without
 * knowing it, that no node ended by itself, and that behind each epoch, when all is healed, every worker gets a lock
 * again. The last line sums up.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Duration, durationMs, Prng } from '../../../src/base/index.ts';
import {
  checkGuards,
  checkTokens,
  explainVerdict,
  parseHistory,
  serializeHistory,
} from '../../../src/sim/index.ts';
import { type FaultKind, faultKinds } from '../fault.ts';
import { QuorateSystem } from '../quorate-system.ts';
import { drawSchedule } from '../schedule.ts';
import { Tormentor } from '../tormentor.ts';
import { Hive } from './hive.ts';

const { values: words } = parseArgs({
  options: {
    turns: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    workers: { type: 'string', default: '12' },
    // One that stands still holds its lock up for its time to live, and only that one.
    locks: { type: 'string', default: '6' },
    ttl: { type: 'string', default: '3s' },
    epoch: { type: 'string', default: '20s' },
    faults: { type: 'string' },
    port: { type: 'string', default: '8300' },
  },
});

const nodes = 3;
/** How long a worker may take to get a lock when all is healed. */
const recoveryMsMax = 90_000;
const lookMs = 50;

/** A small file system is the other runner's. */
function chosenKinds(): ReadonlySet<FaultKind> {
  const wanted = words.faults === 'none' ? [] : (words.faults?.split(',') ?? faultKinds);
  for (const kind of wanted)
    if (!(faultKinds as readonly string[]).includes(kind))
      throw new Error(`--faults names ${JSON.stringify(kind)}; the kinds are ${faultKinds.join(', ')}`);
  return new Set(faultKinds.filter((kind) => wanted.includes(kind) && kind !== 'disk-full'));
}

/** Stops and kills workers until the signal aborts; none is left stopped. */
async function tormentWorkers(hive: Hive, prng: Prng, ttlMs: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await delay(prng.between(200, 1_500));
    const place = prng.below(hive.size);
    if (prng.chance(0.3)) await hive.replace(place);
    else {
      hive.stop(place);
      await delay(prng.between(ttlMs / 10, ttlMs * 2));
      hive.goOn(place);
    }
  }
}

/** Undefined when every worker got a lock. */
async function whoWaits(hive: Hive): Promise<string | undefined> {
  const before = [...hive.got];
  const beganMs = performance.now();
  const waiting = (): number[] =>
    hive.got.flatMap((got, place) => (got > (before[place] as number) ? [] : [place + 1]));
  while (performance.now() - beganMs < recoveryMsMax) {
    if (waiting().length === 0) return undefined;
    await delay(lookMs);
  }
  return `${recoveryMsMax} ms after everything was healed workers ${waiting().join(', ')} had got no lock`;
}

function judge(hive: Hive, directory: string): string[] {
  const events = [...hive.events].sort((left, right) => left.time - right.time);
  const text = serializeHistory(events);
  const { operations } = parseHistory(text);
  const verdicts = [checkTokens(operations), checkGuards(operations)];
  const findings = [
    ...hive.broken,
    ...verdicts.flatMap((verdict) => (verdict.verdict === 'valid' ? [] : [explainVerdict(verdict)])),
  ];
  if (findings.length > 0) {
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'locks.jsonl'), text);
  }
  return findings;
}

async function main(): Promise<number> {
  const [seed, turns] = [Number(words.seed), Number(words.turns)];
  const [ttlMs, epochMs] = [
    durationMs(words.ttl as Duration, 'ttl'),
    durationMs(words.epoch as Duration, 'epoch'),
  ];
  const directory = mkdtempSync(join(tmpdir(), 'torture-'));
  await using system = await QuorateSystem.start({ directory, nodes, port: Number(words.port) });
  const ports = system.nodes.map(({ clientDoor }) => clientDoor.port);
  const hive = new Hive({ ports, seed, ttlMs, workers: Number(words.workers), locks: Number(words.locks) });
  const tormentor = new Tormentor(system, undefined);
  const findings: string[] = [];
  const total = (): number => hive.got.reduce((sum, got) => sum + got, 0);
  const beganMs = performance.now();
  let epochs = 0;
  for (; total() < turns && findings.length === 0; epochs += 1) {
    const over = new AbortController();
    const kinds = chosenKinds();
    const schedule = drawSchedule({
      seed,
      epoch: epochs,
      epochMs,
      nodes,
      kinds,
      killLeaderEveryMs: undefined,
    });
    const workers =
      kinds.size === 0 ? undefined : tormentWorkers(hive, new Prng(seed + epochs), ttlMs, over.signal);
    await tormentor.carryOut(schedule, epochMs, over.signal);
    over.abort();
    await workers;
    await tormentor.heal();
    const waiting = await whoWaits(hive);
    if (waiting !== undefined) findings.push(waiting);
    for (const { child, place } of system.nodes) {
      const death = child.takeDeath();
      if (death !== undefined)
        findings.push(`node ${place + 1} ended by itself (${death}); its log says why`);
    }
    console.log(
      `epoch ${epochs + 1}: ${total()} of ${turns} turns; ${schedule.length} faults of the cluster`,
    );
  }
  await hive.close();
  findings.push(...judge(hive, join(directory, 'findings')));
  for (const finding of findings.slice(0, 20)) console.log(`FOUND ${finding}`);
  if (findings.length > 0) console.log(`history and logs: ${directory}; seed ${seed}`);
  else process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  const minutes = ((performance.now() - beganMs) / 60_000).toFixed(1);
  console.log(`${total()} turns, ${epochs} epochs, ${minutes} minutes, ${findings.length} findings`);
  return findings.length === 0 ? 0 : 1;
}

process.exitCode = await main();
