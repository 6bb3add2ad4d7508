/** `quorate sim`: simulated clusters under faults, from one seed on. */
import { availableParallelism } from 'node:os';
import { describePlan, scenarioList } from '../../sim/index.ts';
import { runSeeds, type SimulationResult } from '../sim-pool.ts';
import { exitCodes, type Invocation, numberOption, UsageError, type Verb, wordsOf } from '../verb.ts';

const scenarioNames = scenarioList.map(({ name }) => name);
const defaultScenario = scenarioNames[0] as string;

export const sim: Verb = {
  name: 'sim',
  words: '',
  summary: 'Runs simulated clusters under faults and checks every invariant',
  options: {
    seeds: { type: 'string' },
    seed: { type: 'string' },
    scenario: { type: 'string' },
    minutes: { type: 'string' },
    threads: { type: 'string' },
    json: { type: 'boolean' },
  },
  help: {
    seeds: 'how many runs (default 100)',
    seed: 'the first seed (default 1)',
    scenario: `what the runs are about (default ${defaultScenario}): ${scenarioNames.join(', ')}`,
    minutes: 'simulated minutes under faults in each run (default 1)',
    threads: 'runs at the same time (default: one for each core)',
    json: 'one document at the end, for programs',
  },
  choices: { scenario: scenarioNames },
  examples: [
    { run: 'quorate sim --seeds 200', what: 'on all cores; a failure prints how to replay it' },
    { run: 'quorate sim --seed 4711 --seeds 1', what: 'replays one' },
    { run: 'quorate sim --seeds 50 --scenario membership', what: 'members come and go' },
    { run: 'quorate sim --seeds 20 --minutes 10 --json', what: 'longer runs, for programs' },
  ],
  run,
};

interface Totals {
  readonly firstSeed: number;
  seeds: number;
  simulatedMs: number;
  operations: number;
  readonly coverage: Map<string, number>;
  readonly failed: SimulationResult[];
}

async function run(invocation: Invocation): Promise<number> {
  wordsOf(invocation, 0, 'no words');
  const seeds = numberOption(invocation, 'seeds', { least: 1, most: 1_000_000_000, otherwise: 100 });
  const firstSeed = numberOption(invocation, 'seed', {
    least: 0,
    most: Number.MAX_SAFE_INTEGER - seeds,
    otherwise: 1,
  });
  const minutes = numberOption(invocation, 'minutes', { least: 1, most: 10_000, otherwise: 1 });
  const threads = numberOption(invocation, 'threads', {
    least: 1,
    most: 256,
    otherwise: availableParallelism(),
  });
  const scenario = scenarioOption(invocation);
  const totals: Totals = {
    firstSeed,
    seeds: 0,
    simulatedMs: 0,
    operations: 0,
    coverage: new Map(),
    failed: [],
  };
  const startedMs = performance.now();
  using progress = invocation.progress();
  await runSeeds({
    firstSeed,
    seeds,
    threads,
    scenario,
    faultMs: minutes * 60_000,
    signal: invocation.signal,
    onResult: (result) => {
      add(totals, result);
      const rate = totals.simulatedMs / (performance.now() - startedMs);
      const text = `seed ${totals.seeds} of ${seeds}, ${rate.toFixed(0)} simulated minutes a minute`;
      progress.show(totals.seeds / seeds, text);
      return totals.failed.length === 0;
    },
  });
  progress[Symbol.dispose]();
  for (const result of totals.failed) tellFailure(invocation, result, { scenario, minutes });
  report(invocation, scenario, totals, performance.now() - startedMs);
  return totals.failed.length === 0 && !invocation.signal.aborted ? exitCodes.done : exitCodes.failed;
}

function scenarioOption({ options }: Invocation): string {
  const name = options['scenario'];
  if (name === undefined) return defaultScenario;
  if (typeof name === 'string' && scenarioNames.includes(name)) return name;
  throw new UsageError(`--scenario is "${String(name)}", but must be one of ${scenarioNames.join(', ')}`);
}

function add(totals: Totals, result: SimulationResult): void {
  const { report: ended } = result;
  totals.seeds += 1;
  totals.simulatedMs += ended.simulatedMs;
  totals.operations += ended.operations;
  for (const [what, count] of ended.coverage)
    totals.coverage.set(what, (totals.coverage.get(what) ?? 0) + count);
  if (ended.violation !== undefined) totals.failed.push(result);
}

function tellFailure(
  invocation: Invocation,
  { report: failed, smallest }: SimulationResult,
  { scenario, minutes }: { readonly scenario: string; readonly minutes: number },
): void {
  const shown = smallest ?? failed;
  invocation.note(`\nseed ${failed.seed} broke an invariant:\n${shown.violation ?? failed.violation}\n`);
  invocation.note(
    `with ${shown.plan.length} of ${failed.plan.length} faults and ${shown.operations} of ${failed.operations} operations:`,
  );
  for (const line of describePlan(shown.plan)) invocation.note(line);
  invocation.note('\nthe end of the story:');
  for (const line of shown.story) invocation.note(line);
  invocation.note(
    `\nreplay: npm run sim -- --seed ${failed.seed} --seeds 1 --scenario ${scenario} --minutes ${minutes}`,
  );
}

function report(invocation: Invocation, scenario: string, totals: Totals, realMs: number): void {
  const simulatedMinutes = totals.simulatedMs / 60_000;
  const minutesPerMinute = totals.simulatedMs / realMs;
  const coverage = Object.fromEntries(
    [...totals.coverage].sort(([left], [right]) => (left < right ? -1 : 1)),
  );
  if (invocation.options['json'] === true) {
    const { firstSeed, seeds, operations, failed } = totals;
    const violations = failed.map(({ report: { seed, violation } }) => ({ seed, violation }));
    invocation.out(
      JSON.stringify({
        scenario,
        firstSeed,
        seeds,
        simulatedMinutes,
        minutesPerMinute,
        operations,
        violations,
        coverage,
      }),
    );
    return;
  }
  const width = Math.max(0, ...Object.keys(coverage).map((what) => what.length));
  for (const [what, count] of Object.entries(coverage)) invocation.out(`${what.padEnd(width)}  ${count}`);
  invocation.out(
    `${totals.seeds} seeds, ${simulatedMinutes.toFixed(1)} simulated minutes, ${minutesPerMinute.toFixed(0)} a real minute, ` +
      `${totals.operations} operations, ${totals.failed.length} violations`,
  );
}
