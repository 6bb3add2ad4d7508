import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  minimise,
  type PlannedFault,
  runTurns,
  type SimulationReport,
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

test('a failing plan is cut down to the faults that matter', async () => {
  const plan = Array.from(
    { length: 40 },
    (_, place): PlannedFault => ({
      atMs: place,
      fault: { kind: 'kill', machine: `n${place}` },
    }),
  );
  let runs = 0;
  const run = async (tried: readonly PlannedFault[]): Promise<SimulationReport> => {
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
