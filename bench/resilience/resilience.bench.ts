/**
 * What policies cost a call that goes well, beside the packages that people use today. Each round measures all of them
 * one after the other, so that what disturbs the machine disturbs all; a figure is the median of rounds. What is
 * compared is the cost above the bare call, and told with it. Garbage is what the heap grew by in a loop without a
 * collection; p99 is of calls that were timed one by one, the timing included.
 *
 *   npm run bench -- resilience [--json] [--rounds N] [--calls N] [NAME ...]
 */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { awaited, bare, type Called, type Peer, type Subject, subjects } from './subjects.ts';

const { values: options, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '9' },
    calls: { type: 'string', default: '100000' },
  },
});
const rounds = Number(options.rounds);
const calls = Number(options.calls);
const callsAtOnce = 100;
const roundMsMost = 300;
const timedCallsMost = 5000;
/** Few, because one of them may take a millisecond; the young generation holds what they leave behind. */
const garbageCalls = 200;

interface Figures {
  readonly nanoseconds: number;
  readonly p99Us: number;
  readonly garbageBytes: number;
}

async function time(call: Called): Promise<number> {
  const before = performance.now();
  let done = 0;
  // Some peers take a hundred times as long as others; a round of theirs need not.
  while (done < calls && performance.now() - before < roundMsMost) {
    for (let index = 0; index < callsAtOnce; index += 1) await call();
    done += callsAtOnce;
  }
  return ((performance.now() - before) * 1e6) / done;
}

async function p99Us(call: Called): Promise<number> {
  const latenciesMs: number[] = [];
  const begun = performance.now();
  while (latenciesMs.length < timedCallsMost) {
    const before = performance.now();
    await call();
    const now = performance.now();
    latenciesMs.push(now - before);
    if (now - begun > roundMsMost && latenciesMs.length >= callsAtOnce) break;
  }
  latenciesMs.sort((one, other) => one - other);
  return (latenciesMs[Math.floor(latenciesMs.length * 0.99)] ?? Number.NaN) * 1000;
}

async function garbageBytes(call: Called): Promise<number> {
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let index = 0; index < garbageCalls; index += 1) await call();
  return (process.memoryUsage().heapUsed - before) / garbageCalls;
}

function collect(): void {
  if (globalThis.gc === undefined) throw new Error('run with --expose-gc, as `npm run bench` does');
  globalThis.gc();
}

/** All subjects once in each round, so that a pair of them shares its minute. */
async function measure(all: readonly Called[]): Promise<ReadonlyMap<Called, Figures>> {
  const seen = new Map(
    all.map((call) => [call, { costs: [] as number[], p99s: [] as number[], garbage: [] as number[] }]),
  );
  for (let round = -1; round < rounds; round += 1) {
    for (const [call, { costs, p99s, garbage }] of seen) {
      const cost = await time(call);
      const late = await p99Us(call);
      const left = await garbageBytes(call);
      // The first round is for the compiler.
      if (round < 0) continue;
      costs.push(cost);
      p99s.push(late);
      garbage.push(left);
    }
  }
  return new Map(
    [...seen].map(([call, { costs, p99s, garbage }]) => [
      call,
      { nanoseconds: median(costs), p99Us: median(p99s), garbageBytes: median(garbage) },
    ]),
  );
}

function median(figures: readonly number[]): number {
  return figures.toSorted((left, right) => left - right)[figures.length >> 1] ?? Number.NaN;
}

function tell(subject: Subject, figures: ReadonlyMap<Called, Figures>): void {
  const of = (call: Called): Figures => figures.get(call) as Figures;
  const base = of(bare).nanoseconds;
  const ours = of(subject.ours);
  if (options.json) {
    for (const peer of subject.peers)
      console.log(JSON.stringify(lineOf(subject, ours, peer, of(peer.call), base)));
    return;
  }
  console.log(`${subject.name}: ${subject.what}`);
  console.log(`  ${'quorate'.padEnd(12)}${textOf(ours, base)}`);
  for (const peer of subject.peers) {
    const theirs = of(peer.call);
    const share = (ours.nanoseconds - base) / (theirs.nanoseconds - base);
    const wanted =
      peer.shareMost === undefined
        ? ''
        : ` (wanted ${peer.shareMost.toFixed(2)} ${share <= peer.shareMost ? '✓' : '✗'})`;
    console.log(
      `  ${peer.name.padEnd(12)}${textOf(theirs, base)}  ours costs ${share.toFixed(2)} of it${wanted}`,
    );
  }
}

function textOf({ nanoseconds, p99Us: late, garbageBytes: garbage }: Figures, base: number): string {
  const cost = `${nanoseconds.toFixed(0).padStart(7)} ns, ${(nanoseconds - base).toFixed(0).padStart(6)} above the bare call`;
  return `${cost}, p99 ${late.toFixed(1).padStart(5)} us, ${garbage.toFixed(0).padStart(5)} B of garbage`;
}

function lineOf(subject: Subject, ours: Figures, peer: Peer, theirs: Figures, base: number): object {
  return {
    bench: 'resilience',
    case: subject.name,
    ours: ours.nanoseconds,
    unit: 'ns/call',
    p99Us: ours.p99Us,
    garbageBytes: ours.garbageBytes,
    bare: base,
    peer: peer.name,
    theirs: theirs.nanoseconds,
    theirsP99Us: theirs.p99Us,
    theirsGarbageBytes: theirs.garbageBytes,
    ratio: (theirs.nanoseconds - base) / (ours.nanoseconds - base),
    rounds,
  };
}

async function measureOne(subject: Subject): Promise<void> {
  const measured = await measure([bare, awaited, subject.ours, ...subject.peers.map(({ call }) => call)]);
  if (!options.json) {
    const costs = [bare, awaited].map((call) => measured.get(call)?.nanoseconds.toFixed(0));
    console.log(`a bare call ${costs[0]} ns, awaited once more ${costs[1]} ns`);
  }
  tell(subject, measured);
}

/** Each in a process of its own: what the compiler has learned from one policy would be a burden to the next. */
function measureEach(wanted: readonly Subject[]): void {
  const [, script = '', ...args] = process.argv;
  const flags = args.filter((arg) => !names.includes(arg));
  for (const { name } of wanted) {
    const { status } = spawnSync(process.execPath, [...process.execArgv, script, name, ...flags], {
      stdio: 'inherit',
    });
    if (status !== 0) process.exitCode = 1;
  }
}

const chosen = subjects().filter(({ name }) => names.length === 0 || names.includes(name));
const [only] = chosen;
if (chosen.length === 1 && only !== undefined) await measureOne(only);
else measureEach(chosen);
// What the peers leave running would keep this process.
process.exit();
