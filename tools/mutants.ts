/**
 * `npm run mutants`: plants each known bug in a copy of the sources, one at a time, and runs scenarios and then
 * seeds until red: chaos on the core alone for bugs of the core, the simulator with whole nodes for the others.
 * Of the scenarios the file that the bug names is asked first, and the rest of its room when that stays green.
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
import { type SeedKind, scenarioFiles, seedsOf } from './mutants/juries.ts';
import {
  foremost,
  isKilled,
  isSeenElsewhere,
  numberPattern,
  type Outcome,
  partOf,
  standsIn,
  totalsOf,
} from './mutants/outcome.ts';
import { OutcomeFile } from './mutants/outcome-file.ts';
import { allScenarios, anyRed, failedScenarios, firstRedSeed, type SeedOptions } from './mutants/trial.ts';
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

/** So many workers as there are jobs take item after item, each in a workshop of its own. */
async function shareOut<Item>(
  items: readonly Item[],
  jobs: number,
  work: (workshop: Workshop, item: Item) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  const worker = async (): Promise<void> => {
    const workshop = new Workshop(root);
    try {
      for (const item of queue) await work(workshop, item);
    } finally {
      workshop.close();
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, items.length) }, worker));
}

async function tryAll(mutants: readonly NamedMutant[], plan: Plan): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  await shareOut(mutants, plan.jobs, async (workshop, mutant) => {
    const known = plan.kept?.outcomeOf(mutant.name);
    const outcome = known ?? (await tryOne(workshop, mutant, plan));
    if (known === undefined) plan.kept?.add(outcome);
    outcomes.push(outcome);
    plan.report(outcome);
  });
  return outcomes;
}

async function tryOne(workshop: Workshop, mutant: NamedMutant, plan: Plan): Promise<Outcome> {
  const { name, bug, room, seenBy } = mutant;
  const kind = kindOf(mutant, plan);
  const seedsMax = plan.seedsMax[kind];
  const tests = plan.scenarios ? await redScenarios(workshop, mutant, plan) : [];
  const seeds = await workshop.with(mutant, () => firstRedSeed(workshop, { kind, seedsMax }));
  const found = seeds === undefined ? {} : { seeds };
  return { mutant: name, bug, room, seenBy, tests, seedKind: kind, ...found, seedsMax };
}

function kindOf({ room }: NamedMutant, { wholeNodes }: Plan): SeedKind {
  return wholeNodes ? 'simulator' : seedsOf(room);
}

/** Asks the file that is known to see the bug, and when it stays green the others of the room. */
async function redScenarios(workshop: Workshop, mutant: NamedMutant, plan: Plan): Promise<string[]> {
  const { room, number, seenBy } = mutant;
  const others = scenarioFiles(room, workshop.directory).filter((file) => file !== seenBy);
  const ask = (files: readonly string[], until: RegExp): Promise<string[]> =>
    workshop.with(mutant, () => failedScenarios(workshop, { files, until }));
  if (plan.all) return await ask([seenBy, ...others], allScenarios);
  const tests = await ask([seenBy], number < firstOwnNumber ? numberPattern(number) : anyRed);
  if (tests.length > 0) return tests;
  const elsewhere = await ask(others, anyRed);
  // Nobody has looked at these without the bug yet.
  const red = others.filter((file) => elsewhere.some((test) => standsIn(test, file)));
  if (elsewhere.length > 0) await assertScenarios(workshop, red.length > 0 ? red : others);
  return elsewhere;
}

/** Without a bug everything that is asked for sure must be green; otherwise a kill says nothing. */
async function assertHealthy(mutants: readonly NamedMutant[], plan: Plan): Promise<void> {
  const asked = ({ room, seenBy }: NamedMutant): readonly string[] =>
    plan.all ? scenarioFiles(room, root) : [seenBy];
  const files = new Set(plan.scenarios ? mutants.flatMap(asked) : []);
  const kinds = new Set(mutants.map((mutant) => kindOf(mutant, plan)));
  await shareOut([...files], plan.jobs, (workshop, file) => assertScenarios(workshop, [file]));
  await shareOut([...kinds], plan.jobs, (workshop, kind) =>
    assertSeeds(workshop, { kind, seedsMax: plan.seedsMax[kind] }),
  );
}

async function assertScenarios(workshop: Workshop, files: readonly string[]): Promise<void> {
  const tests = await failedScenarios(workshop, { files, until: allScenarios });
  if (tests.length > 0) throw new Error(`red without any bug: ${tests.join(', ')}`);
}

async function assertSeeds(workshop: Workshop, options: SeedOptions): Promise<void> {
  const seed = await firstRedSeed(workshop, options);
  if (seed !== undefined) throw new Error(`red without any bug: ${options.kind} seed ${seed}`);
}

function print(outcome: Outcome): void {
  const { mutant, bug, seenBy, seedKind, seeds, seedsMax, tests } = outcome;
  const killed = isKilled(outcome);
  const hunted = seedsMax === 0 ? '' : `${seedKind} ${seeds ?? `> ${seedsMax}`}`;
  const more = tests.length > 1 ? ` (and ${tests.length - 1} more)` : '';
  const seen = `${foremost(outcome) ?? 'no scenario'}${more}`;
  console.log(`${killed ? 'killed  ' : 'SURVIVES'} ${mutant.padEnd(42)} ${hunted.padEnd(14)} ${seen}`);
  if (!killed) console.log(`         ${bug}`);
  if (isSeenElsewhere(outcome)) console.log(`         not by ${seenBy}, which was asked first`);
}

function printJson(outcome: Outcome): void {
  const { tests, ...rest } = outcome;
  console.log(
    JSON.stringify({
      ...rest,
      killed: isKilled(outcome),
      by: foremost(outcome),
      elsewhere: isSeenElsewhere(outcome),
      tests: tests.length,
    }),
  );
}

function printTotals(outcomes: readonly Outcome[], elapsedMs: number, json: boolean): void {
  const totals = totalsOf(outcomes);
  if (json) {
    console.log(JSON.stringify({ ...totals, elapsedMs: Math.round(elapsedMs) }));
    return;
  }
  const { planted, killed, byScenarios, elsewhere, bySeeds } = totals;
  const seeds = Object.entries(bySeeds).map(
    ([kind, { planted: tried, killed: seen, seedsMedian }]) =>
      `${seen} of ${tried} by ${kind}${seedsMedian === undefined ? '' : ` (median ${seedsMedian} seeds)`}`,
  );
  const strays = elsewhere === 0 ? [] : [`${elsewhere} not by the file that was asked first`];
  const parts = [`${killed} of ${planted} killed`, `${byScenarios} by scenarios`, ...strays, ...seeds];
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
