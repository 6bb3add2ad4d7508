/**
 * What it costs to choose one of 100 instances, with each picker: the choice alone, and with the feedback of a call,
 * which begins at once and ends with the outcome of the call sixteen before it, so that some are always under way. All
 * pickers are asked in the same round, one after the other, in an order that turns from round to round; told is the
 * median of the rounds. They share the compiled code that goes around them, as those of a program would. `draw` is one
 * number of the generator, by which figures of a machine that has other work can be judged.
 */
import { Prng } from '../../../src/base/index.ts';
import {
  Balancer,
  type PickerName,
  type PickRequest,
  type Slot,
} from '../../../src/discovery/balancing/index.ts';
import type { Instance } from '../../../src/discovery/index.ts';
import { type BenchCase, type Line, median } from '../bench-case.ts';
import { changing } from '../key-changes.ts';

const instances = 100;
/** Few at a time, so that most rounds of a busy machine are not interrupted. */
const picks = 2_000;
const roundsPerRound = 11;
const warmUpRounds = 40;

const byTurns = [
  'round-robin',
  'weighted-round-robin',
  'random',
  'least-connections',
  'two-choices',
  'peak-ewma',
];
const byKey = ['ring', 'rendezvous', 'maglev', 'bounded-load'];

const requests: readonly PickRequest[] = Array.from({ length: 4_096 }, (_, number) => ({
  key: `user/${number * 7_919}/session`,
}));
const anyRequest: PickRequest = {};

interface Subject {
  readonly name: string;
  readonly run: () => void;
  readonly figures: number[];
}

function known(count: number): Instance[] {
  return Array.from({ length: count }, (_, at): Instance => {
    const id = `orders-${String(at).padStart(3, '0')}`;
    const address = { host: `10.0.${at >> 8}.${at & 0xff}`, port: 7000 };
    const told = { tags: [], metadata: {}, zone: undefined, region: undefined, version: undefined };
    return { service: 'orders', id, address, status: 'passing', weight: 1, token: at, ...told };
  });
}

function balancerOf(picker: PickerName): Balancer {
  const balancer = new Balancer({ picker, seed: 7 });
  balancer.update({ service: 'orders', instances: known(instances), version: 1 }, 0);
  return balancer;
}

/** Time goes on by a tenth of a millisecond from call to call. */
function choosing(picker: PickerName, isKeyed: boolean): Subject {
  const balancer = balancerOf(picker);
  let nowMs = 0;
  for (let at = 0; at < instances; at += 1) {
    const slot = balancer.pick(nowMs) as Slot;
    balancer.begin(slot);
    balancer.end(slot, { latencyMs: 5 + (at % 7), ok: true }, nowMs);
  }
  for (let at = 0; at < instances; at += 2)
    balancer.begin(balancer.slotOf(`orders-${String(at).padStart(3, '0')}`) as Slot);
  const run = (): void => {
    for (let pick = 0; pick < picks; pick += 1) {
      nowMs += 0.1;
      balancer.pick(nowMs, isKeyed ? (requests[pick & 4_095] as PickRequest) : anyRequest);
    }
  };
  return { name: `pick ${picker}`, run, figures: [] };
}

function calling(picker: PickerName, isKeyed: boolean): Subject {
  const balancer = balancerOf(picker);
  const underWay: (Slot | undefined)[] = new Array(16).fill(undefined);
  let nowMs = 0;
  const run = (): void => {
    for (let pick = 0; pick < picks; pick += 1) {
      nowMs += 0.1;
      const slot = balancer.pick(
        nowMs,
        isKeyed ? (requests[pick & 4_095] as PickRequest) : anyRequest,
      ) as Slot;
      balancer.begin(slot);
      const ended = underWay[pick & 15];
      if (ended !== undefined) balancer.end(ended, { latencyMs: 3 + (pick & 7), ok: true }, nowMs);
      underWay[pick & 15] = slot;
    }
  };
  return { name: `call ${picker}`, run, figures: [] };
}

function drawing(): Subject {
  const random = new Prng(7);
  let sum = 0;
  const run = (): void => {
    for (let pick = 0; pick < picks; pick += 1) sum += random.float();
    if (sum === 0) throw new Error('nothing was drawn');
  };
  return { name: 'draw', run, figures: [] };
}

function measured(subjects: readonly Subject[], rounds: number): Line[] {
  for (let round = -warmUpRounds; round < rounds * roundsPerRound; round += 1) {
    for (let turn = 0; turn < subjects.length; turn += 1) {
      const { run, figures } = subjects[(turn + round + warmUpRounds) % subjects.length] as Subject;
      const start = performance.now();
      run();
      if (round >= 0) figures.push(((performance.now() - start) * 1e6) / picks);
    }
  }
  return subjects.map(({ name, figures }) => ({
    case: name,
    ours: Number(median(figures).toFixed(1)),
    unit: 'ns',
    instances,
  }));
}

function subjectsOf(names: readonly string[], isKeyed: boolean): Subject[] {
  return (names as readonly PickerName[]).flatMap((name) => [
    choosing(name, isKeyed),
    calling(name, isKeyed),
  ]);
}

export const cases: readonly BenchCase[] = [
  {
    name: 'picks',
    what: 'choosing one of 100 instances, without a key',
    run: ({ rounds }) => measured([drawing(), ...subjectsOf(byTurns, false)], rounds),
  },
  {
    name: 'keyed-picks',
    what: 'choosing one of 100 instances by key, and what it costs when one of 100 or 1,000 leaves or comes',
    run: ({ rounds }) => [
      ...measured(subjectsOf(byKey, true), rounds),
      ...[instances, instances * 10].flatMap((count) =>
        (byKey as readonly PickerName[]).map((name) => changing(name, known(count), rounds * 2)),
      ),
    ],
  },
];
