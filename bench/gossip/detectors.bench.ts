/**
 * What a failure detector costs: judging 1,000 members at once, and hearing of one. Both detectors take turns in each
 * round; told is the median of all passes, and for the judging the worst one as well. The bytes are what all rounds
 * of judging leave on the heap, per judging of all of them.
 *
 *   node --expose-gc bench/gossip/detectors.bench.ts [--json] [--rounds N] [--members N] [--case NAME,…]
 */
import { parseArgs } from 'node:util';
import {
  type FailureDetector,
  type Judgement,
  PhiAccrualDetector,
  TimeoutDetector,
} from '../../src/gossip/detection/index.ts';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '51' },
    members: { type: 'string', default: '1000' },
    case: { type: 'string', default: '' },
  },
});
const rounds = Number(options.rounds);
const ids = Array.from(
  { length: Number(options.members) },
  (_, number) => `10.0.${number >> 8}.${number & 255}:7700`,
);
const wanted = options.case.split(',').filter((name) => name !== '');
const judgings = 20;
const beats = 20;

/** A detector in use: its window is full, and its members beat unevenly. */
interface Subject {
  readonly name: string;
  readonly detector: FailureDetector;
  readonly judgeNs: number[];
  readonly heartbeatNs: number[];
  nowMs: number;
}

/** A number of this kind in a variable would be made anew each time, and be taken for the detector's garbage. */
const suspicions = new Float64Array(1);
const visit = ({ suspicion }: Judgement): void => {
  suspicions[0] = (suspicions[0] as number) + suspicion;
};

function beat(subject: Subject): void {
  for (const [number, id] of ids.entries()) {
    subject.nowMs += number % 7 === 0 ? 2 : 0.5;
    subject.detector.heartbeat(id, subject.nowMs);
  }
}

function inUse(name: string, detector: FailureDetector): Subject {
  const made: Subject = { name, detector, judgeNs: [], heartbeatNs: [], nowMs: 0 };
  for (let round = 0; round < 250; round += 1) beat(made);
  return made;
}

/** Each pass over all members is timed by itself, so that the median is one in which nobody else had the processor. */
function timed(into: number[], isCounted: boolean, pass: () => void): void {
  const beganMs = performance.now();
  pass();
  if (isCounted) into.push((performance.now() - beganMs) * 1e6);
}

function measure(one: Subject, isCounted: boolean): void {
  for (let round = 0; round < beats; round += 1) timed(one.heartbeatNs, isCounted, () => beat(one));
  for (let round = 0; round < judgings; round += 1) {
    one.nowMs += 10;
    timed(one.judgeNs, isCounted, () => one.detector.judgeAll(one.nowMs, visit));
  }
}

/** Bytes that one judging of everybody leaves behind; asked several times, as the compiler leaves some too until it is done. */
function garbage(one: Subject): number {
  const times = 2_000;
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  for (let round = 0; round < times; round += 1) {
    one.nowMs += 0.01;
    one.detector.judgeAll(one.nowMs, visit);
  }
  return Math.max(0, process.memoryUsage().heapUsed - before) / times;
}

function median(figures: readonly number[]): number {
  return figures.toSorted((left, right) => left - right)[figures.length >> 1] ?? Number.NaN;
}

function report(name: string, ours: number, unit: string, more: Readonly<Record<string, number>> = {}): void {
  if (wanted.length > 0 && !wanted.includes(name)) return;
  const rounded = Object.fromEntries(
    Object.entries(more).map(([key, value]) => [key, Number(value.toFixed(2))]),
  );
  if (options.json) {
    console.log(
      JSON.stringify({
        bench: 'detectors',
        case: name,
        ours: Number(ours.toFixed(2)),
        unit,
        ...rounded,
        rounds,
      }),
    );
    return;
  }
  const told = Object.entries(rounded).map(([key, value]) => `   ${key} ${value}`);
  console.log(`${name.padEnd(22)} ${ours.toFixed(1).padStart(9)} ${unit}${told.join('')}`);
}

const subjects = [inUse('phi', new PhiAccrualDetector()), inUse('timeout', new TimeoutDetector())];
for (let round = -5; round < rounds; round += 1) {
  const order = round % 2 === 0 ? subjects : subjects.toReversed();
  for (const one of order) measure(one, round >= 0);
}
for (const one of subjects) {
  const worstUs = Math.max(...one.judgeNs) / 1_000;
  report(`judge-${ids.length}-${one.name}`, median(one.judgeNs) / 1_000, 'us', {
    worstUs,
    bytes: garbage(one),
  });
  report(`heartbeat-${one.name}`, median(one.heartbeatNs) / ids.length, 'ns');
}
if (!Number.isFinite(suspicions[0])) throw new Error('a suspicion was no number');
