import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyMachine, type KeyMachineObserver } from '../../../src/sim/cluster/key-machine.ts';
import {
  minimise,
  type PlannedFault,
  runTurns,
  type SimulationReport,
  type SmallerRun,
  scenarioList,
  simulate,
} from '../../../src/sim/index.ts';

const short = { turns: runTurns, faultMs: 6_000, healMs: 20_000 };

test('one seed replays bit by bit, and another seed is another run', async () => {
  const first = await simulate({ ...short, seed: 41 });
  const again = await simulate({ ...short, seed: 41 });
  const other = await simulate({ ...short, seed: 42 });
  assert.equal(first.violation, undefined);
  assert.equal(again.traceHash, first.traceHash);
  assert.equal(again.operations, first.operations);
  assert.deepEqual(again.plan, first.plan);
  assert.notEqual(other.traceHash, first.traceHash);
});

test('a run that keeps its story is the same run, and the story tells of elections and faults', async () => {
  const plan: PlannedFault[] = [
    { atMs: 2_000, fault: { kind: 'crash', machine: 'n1', unsynced: 'random', forMs: 500 } },
  ];
  const silent = await simulate({ ...short, seed: 7, plan });
  const told = await simulate({ ...short, seed: 7, plan, storyLines: Number.POSITIVE_INFINITY });
  assert.equal(told.violation, undefined);
  assert.equal(told.traceHash, silent.traceHash);
  assert.deepEqual(silent.story, []);
  const story = told.story.join('\n');
  assert.match(story, /n\d +becomes leader in term 1, because it won the election/);
  assert.match(story, /fault +crash machine=n1 unsynced=random forMs=500/);
  assert.match(story, /n1 +loses its power/);
  assert.match(story, /says to n\d in term \d+: heartbeat/);
});

test('a cluster that cannot reach a majority for good is reported as not live, with the state of every member', async () => {
  const plan: PlannedFault[] = [1, 2, 3].map((member) => ({
    atMs: 3_000,
    fault: { kind: 'disk-mishap', machine: `n${member}`, mishap: 'write-fails', times: 1_000_000 },
  }));
  // Healing takes faults back; a plan that goes on behind it does not let the cluster be well again.
  const late = plan.map(({ fault }) => ({ atMs: 6_500, fault }));
  const ended = await simulate({ ...short, seed: 3, spares: 0, plan: [...plan, ...late] });
  assert.match(ended.violation ?? '', /not live 20000 ms after healing/);
  assert.match(ended.violation ?? '', /n4 \S+ term \d+/);
});

test('a wiped disk never comes back under its old identity; the operator replaces the member', async () => {
  const plan: PlannedFault[] = [3_000, 4_500].map((atMs) => ({
    atMs,
    fault: { kind: 'crash', machine: 'n2', unsynced: 'lose', wipe: true, forMs: 300 },
  }));
  const seeds = [1, 2, 3, 4];
  const reports = await Promise.all(seeds.map((seed) => simulate({ ...short, seed, spares: 1, plan })));
  const covered = (name: RegExp): number =>
    reports
      .flatMap(({ coverage }) => [...coverage])
      .filter(([what]) => name.test(what))
      .reduce((sum, [, count]) => sum + count, 0);
  for (const { violation } of reports) assert.equal(violation, undefined);
  assert(covered(/^data directories wiped$/) >= seeds.length);
  assert(covered(/^dead members (removed|replaced)/) >= seeds.length);
  assert(covered(/^members replaced$/) >= 1);
  assert(covered(/^old identity without its data refused: log-damaged$/) >= 1);
});

test('old messages that come again, late, doubled and out of order, break nothing', async () => {
  const plan: PlannedFault[] = Array.from({ length: 20 }, (_, place) => ({
    atMs: 1_500 + 200 * place,
    fault:
      place % 4 === 3
        ? { kind: 'kill', machine: `n${1 + (place % 5)}`, forMs: 100 }
        : { kind: 'replay', machine: `n${1 + (place % 5)}`, messages: 40, forMs: 300 },
  }));
  const haunted = await simulate({ ...short, seed: 5, plan });
  assert.equal(haunted.violation, undefined);
  assert.equal(haunted.coverage.get('replays of old messages'), 15);
  assert((haunted.coverage.get('old messages said again') ?? 0) > 300);
});

/** Takes the beginning of a snapshot for the whole: the hash is right, and the registers are gone. */
class Forgetful extends KeyMachine {
  override async restore(index: number, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    await super.restore(index, firstOf(chunks));
  }
}

async function* firstOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let isFirst = true;
  for await (const chunk of chunks) {
    if (isFirst) yield chunk;
    isFirst = false;
  }
}

test('a planted bug is found, made smaller, and found again by the same seed', async () => {
  const planted = {
    ...short,
    faultMs: 12_000,
    scenario: 'snapshots',
    seed: 12,
    stateMachine: (observer: KeyMachineObserver) => new Forgetful(observer),
  };
  const found = await simulate(planted);
  assert.notEqual(found.violation, undefined);
  const smallest = await minimise(found, {
    run: (smaller) => simulate({ ...planted, ...smaller }),
    runsMax: 40,
  });
  assert.notEqual(smallest.violation, undefined);
  assert(smallest.plan.length < found.plan.length, `${smallest.plan.length} of ${found.plan.length} faults`);
  const again = await simulate(planted);
  assert.equal(again.violation, found.violation);
  assert.equal(again.traceHash, found.traceHash);
});

test('a scenario that does not exist is refused, and each that does has its faults', async () => {
  await assert.rejects(simulate({ ...short, seed: 1, scenario: 'doom' }), { code: 'invalid-option' });
  for (const { name } of scenarioList) {
    const { plan, violation } = await simulate({ ...short, seed: 1, scenario: name, faultMs: 3_000 });
    assert.equal(violation, undefined, name);
    assert(plan.length > 0, name);
  }
});

test('a failing plan is cut down to the faults that matter', async () => {
  const plan = Array.from(
    { length: 40 },
    (_, place): PlannedFault => ({
      atMs: place,
      fault: { kind: 'kill', machine: `n${place}` },
    }),
  );
  let runs = 0;
  const run = async ({ plan: tried }: SmallerRun): Promise<SimulationReport> => {
    runs += 1;
    const needed = ['n7', 'n23'].every((name) =>
      tried.some(({ fault }) => 'machine' in fault && fault.machine === name),
    );
    return report(tried, needed ? 'broken' : undefined);
  };
  const smallest = await minimise(report(plan, 'broken'), { run, runsMax: 200 });
  assert.deepEqual(
    smallest.plan.map(({ atMs }) => atMs),
    [7, 23],
  );
  assert(runs <= 200);
  const poor = await minimise(report(plan, 'broken'), { run, runsMax: 3 });
  assert.equal(poor.violation, 'broken', 'what is left after few runs still fails');
});

test('what clients do is cut down as long as the run fails', async () => {
  const run = async ({ plan, operationsMax }: SmallerRun): Promise<SimulationReport> => ({
    ...report(plan, operationsMax >= 37 ? 'broken' : undefined),
    operations: Math.min(operationsMax, 1000),
  });
  const failed = { ...report([], 'broken'), operations: 1000 };
  const smallest = await minimise(failed, { run, runsMax: 100 });
  assert.equal(smallest.violation, 'broken');
  assert(smallest.operations >= 37 && smallest.operations < 45, `${smallest.operations} operations`);
});

function report(plan: readonly PlannedFault[], violation: string | undefined): SimulationReport {
  return {
    seed: 1,
    violation,
    plan,
    simulatedMs: 0,
    coverage: new Map(),
    operations: 0,
    traceHash: '',
    story: [],
  };
}

test('a clock that stands still is beyond what leases bear: no run asks for both', async () => {
  const names = ['n1', 'n2', 'n3', 'n4', 'n5'];
  // Each in turn hears nobody and believes that no time passes, while the others elect and go on.
  const plan = names.flatMap((machine, place): PlannedFault[] => {
    const atMs = 5_000 + 6_000 * place;
    const from = names.filter((name) => name !== machine);
    return [
      { atMs, fault: { kind: place % 2 === 0 ? 'clock-freeze' : 'suspend', machine, forMs: 3_000 } },
      { atMs: atMs + 5, fault: { kind: 'cut', from, to: [machine], forMs: 3_000 } },
    ];
  });
  for (const seed of [3, 4, 5, 6]) {
    const { violation } = await simulate({ seed, scenario: 'reads', plan, spares: 0, faultMs: 40_000 });
    assert.equal(violation, undefined, `seed ${seed}`);
  }
});

test('runs that once found something stay clean', async () => {
  const found = [
    { seed: 114, scenario: 'mixed', what: 'a link that was reset in its handshake stayed silent for good' },
    { seed: 454, scenario: 'mixed', what: 'details that looked like a card led to where nobody listens' },
    { seed: 605, scenario: 'mixed', what: 'a crash between forgetting damage and saying so' },
    { seed: 822, scenario: 'mixed', what: 'a newcomer took a snapshot before it knew who is a member' },
    { seed: 849, scenario: 'mixed', what: 'a damaged member spoke in a term that its disk did not hold' },
    { seed: 1344, scenario: 'mixed', what: 'a late winner was judged by what a later leader had committed' },
    { seed: 1436, scenario: 'mixed', what: 'a flush at the place of a lost one ended the process' },
    {
      seed: 30_004,
      scenario: 'disk',
      what: 'what was live again in a segment that had been let go was not kept',
    },
  ] as const;
  for (const { seed, scenario, what } of found) {
    const { violation } = await simulate({ seed, scenario, turns: runTurns, store: false });
    assert.equal(violation, undefined, what);
  }
});
