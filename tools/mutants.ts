/**
 * `npm run mutants`: plants each known bug in a copy of the sources, one at a time, and runs scenarios and then
 * seeds until red: chaos on the core alone for bugs of the core, the simulator with whole nodes for the others.
 * Prints which test killed it and how many seeds it took, and ends with 1 when a bug survives both. The bugs
 * stand in `tools/mutants/`.
 *
 * `--only 1,2,103` by number; `--part 2/7` every seventh, from the second on; `--chaos 100` and `--simulator 20`
 * the most seeds a bug, 0 for none; `--no-scenarios` seeds only; `--whole-nodes` the simulator for bugs of the
 * core too; `--all` every scenario that sees a bug instead of the first; `--jobs 1` so many at a time;
 * `--resume FILE` keeps outcomes there and takes those of the same sources from there; `--json` one line a bug
 * and a last one with the totals.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { firstOwnNumber, type NamedMutant, readCatalogue } from './mutants/catalogue.ts';
import { type Room, type SeedKind, seedsOf } from './mutants/juries.ts';
import { foremost, isKilled, numberPattern, type Outcome, partOf, totalsOf } from './mutants/outcome.ts';
import { OutcomeFile } from './mutants/outcome-file.ts';
import { failedScenarios, firstRedSeed } from './mutants/trial.ts';
import { Workshop } from './mutants/workshop.ts';

const root = join(import.meta.dirname, '..');

interface Plan {
  readonly seedsMax: Readonly<Record<SeedKind, number>>;
  readonly jobs: number;
  readonly all: boolean;
  readonly scenarios: boolean;
  /** Hunt bugs of the core in the simulator too. */
  readonly wholeNodes: boolean;
  readonly kept: OutcomeFile | undefined;
  readonly report: (outcome: Outcome) => void;
}

async function tryAll(mutants: readonly NamedMutant[], plan: Plan): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const queue = mutants.values();
  const worker = async (): Promise<void> => {
    const workshop = new Workshop(root);
    try {
      for (const mutant of queue) {
        const known = plan.kept?.outcomeOf(mutant.name);
        const outcome = known ?? (await tryOne(workshop, mutant, plan));
        if (known === undefined) plan.kept?.add(outcome);
        outcomes.push(outcome);
        plan.report(outcome);
      }
    } finally {
      workshop.close();
    }
  };
  await Promise.all(Array.from({ length: Math.min(plan.jobs, mutants.length) }, worker));
  return outcomes;
}

async function tryOne(workshop: Workshop, mutant: NamedMutant, plan: Plan): Promise<Outcome> {
  const { directory } = workshop;
  const { name, bug, judges: rooms } = mutant;
  const seedKind = kindOf(rooms, plan);
  const seedsMax = plan.seedsMax[seedKind];
  workshop.plant(mutant);
  try {
    const tests = plan.scenarios ? await redScenarios(directory, mutant, plan) : [];
    const seeds = seedsMax === 0 ? undefined : await firstRedSeed({ directory, kind: seedKind, seedsMax });
    return { mutant: name, bug, rooms, tests, seedKind, ...(seeds === undefined ? {} : { seeds }), seedsMax };
  } finally {
    workshop.restore();
  }
}

function kindOf(rooms: readonly Room[], { wholeNodes }: Plan): SeedKind {
  return wholeNodes ? 'simulator' : seedsOf(rooms);
}

/** A numbered bug has a scenario of its own, which is asked first. */
async function redScenarios(
  directory: string,
  { judges: rooms, number }: NamedMutant,
  { all }: Plan,
): Promise<string[]> {
  if (!all && number < firstOwnNumber) {
    const own = await failedScenarios({ directory, rooms, all, pattern: numberPattern(number) });
    if (own.length > 0) return own;
  }
  return await failedScenarios({ directory, rooms, all });
}

/** Without a bug everything must be green; otherwise a kill says nothing. */
async function assertHealthy(mutants: readonly NamedMutant[], plan: Plan): Promise<void> {
  const rooms = [...new Set(mutants.flatMap(({ judges }) => judges))];
  const kinds = new Set(mutants.map(({ judges }) => kindOf(judges, plan)));
  const workshop = new Workshop(root);
  const { directory } = workshop;
  try {
    const tests = plan.scenarios ? await failedScenarios({ directory, rooms, all: true }) : [];
    if (tests.length > 0) throw new Error(`red without any bug: ${tests.join(', ')}`);
    for (const kind of kinds) {
      const seed = await firstRedSeed({ directory, kind, seedsMax: plan.seedsMax[kind] });
      if (seed !== undefined) throw new Error(`red without any bug: ${kind} seed ${seed}`);
    }
  } finally {
    workshop.close();
  }
}

function print(outcome: Outcome): void {
  const { mutant, bug, seedKind, seeds, seedsMax, tests } = outcome;
  const killed = isKilled(outcome);
  const hunted = seedsMax === 0 ? '' : `${seedKind} ${seeds ?? `> ${seedsMax}`}`;
  const more = tests.length > 1 ? ` (and ${tests.length - 1} more)` : '';
  const seen = `${foremost(outcome) ?? 'no scenario'}${more}`;
  console.log(`${killed ? 'killed  ' : 'SURVIVES'} ${mutant.padEnd(42)} ${hunted.padEnd(14)} ${seen}`);
  if (!killed) console.log(`         ${bug}`);
}

function printJson(outcome: Outcome): void {
  const { tests, ...rest } = outcome;
  console.log(
    JSON.stringify({ ...rest, killed: isKilled(outcome), by: foremost(outcome), tests: tests.length }),
  );
}

function printTotals(outcomes: readonly Outcome[], elapsedMs: number, json: boolean): void {
  const totals = totalsOf(outcomes);
  if (json) {
    console.log(JSON.stringify({ ...totals, elapsedMs: Math.round(elapsedMs) }));
    return;
  }
  const { planted, killed, byScenarios, bySeeds } = totals;
  const seeds = Object.entries(bySeeds).map(
    ([kind, { planted: tried, killed: seen, seedsMedian }]) =>
      `${seen} of ${tried} by ${kind}${seedsMedian === undefined ? '' : ` (median ${seedsMedian} seeds)`}`,
  );
  const parts = [`${killed} of ${planted} killed`, `${byScenarios} by scenarios`, ...seeds];
  console.log(`${parts.join(', ')}, ${Math.round(elapsedMs / 1000)} s`);
}

function select(mutants: readonly NamedMutant[], only: string | undefined): readonly NamedMutant[] {
  if (only === undefined) return mutants;
  const numbers = only.split(',').map(Number);
  const unknown = numbers.filter((number) => !mutants.some((mutant) => mutant.number === number));
  if (unknown.length > 0) throw new Error(`no bug has the number ${unknown.join(' or ')}`);
  return mutants.filter(({ number }) => numbers.includes(number));
}

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    part: { type: 'string', default: '1/1' },
    chaos: { type: 'string', default: '100' },
    simulator: { type: 'string', default: '20' },
    'no-scenarios': { type: 'boolean', default: false },
    'whole-nodes': { type: 'boolean', default: false },
    all: { type: 'boolean', default: false },
    jobs: { type: 'string', default: `${availableParallelism()}` },
    resume: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

async function main(): Promise<number> {
  const { only, part, json, all, resume } = values;
  const seedsMax = { chaos: Number(values.chaos), simulator: Number(values.simulator) };
  const plan: Plan = {
    seedsMax,
    jobs: Number(values.jobs),
    all,
    scenarios: !values['no-scenarios'],
    wholeNodes: values['whole-nodes'],
    kept: resume === undefined ? undefined : new OutcomeFile(resume, root, JSON.stringify({ seedsMax, all })),
    report: json ? printJson : print,
  };
  const began = performance.now();
  const chosen = partOf(select(await readCatalogue(), only), part);
  if (!json) console.log(`part ${part} of the planted bugs: ${chosen.length}`);
  await assertHealthy(chosen, plan);
  const outcomes = await tryAll(chosen, plan);
  printTotals(outcomes, performance.now() - began, json);
  return outcomes.length > 0 && outcomes.every(isKilled) ? 0 : 1;
}

process.exitCode = await main();
