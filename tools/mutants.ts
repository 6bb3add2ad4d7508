/**
 * `npm run mutants`: plants each known bug of the consensus core in a copy of the sources, one at a time, and
 * runs the scenarios and then chaos seeds until red. Prints which test killed it and how many seeds chaos took,
 * and ends with 1 when a bug survives both. The bugs stand in `tools/mutants/`.
 *
 * `--only 1,2,103` by number; `--part 2/7` every seventh, from the second on; `--seeds 40` the most chaos seeds
 * a bug; `--no-chaos` scenarios only; `--json` one line a bug and a last one with the totals.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type NamedMutant, readCatalogue } from './mutants/catalogue.ts';
import { failedScenarios, firstRedSeed } from './mutants/trial.ts';
import { Workshop } from './mutants/workshop.ts';

const root = join(import.meta.dirname, '..');

interface Outcome {
  readonly mutant: NamedMutant;
  /** Scenarios that failed, in order. */
  readonly tests: readonly string[];
  /** Undefined: chaos did not see it, or was not asked. */
  readonly seeds: number | undefined;
}

interface Plan {
  readonly seedsMax: number;
  readonly json: boolean;
}

async function tryAll(mutants: readonly NamedMutant[], plan: Plan): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const queue = mutants.values();
  const worker = async (): Promise<void> => {
    const workshop = new Workshop(root);
    try {
      for (const mutant of queue) {
        const outcome = await tryOne(workshop, mutant, plan);
        outcomes.push(outcome);
        print(outcome, plan);
      }
    } finally {
      workshop.close();
    }
  };
  const workers = Math.min(availableParallelism(), mutants.length);
  await Promise.all(Array.from({ length: workers }, worker));
  return outcomes;
}

async function tryOne(workshop: Workshop, mutant: NamedMutant, { seedsMax }: Plan): Promise<Outcome> {
  const { directory } = workshop;
  workshop.plant(mutant);
  try {
    const tests = await failedScenarios(directory);
    return { mutant, tests, seeds: seedsMax === 0 ? undefined : await firstRedSeed(directory, seedsMax) };
  } finally {
    workshop.restore();
  }
}

/** Without a bug everything must be green; otherwise a kill says nothing. */
async function assertHealthy({ seedsMax }: Plan): Promise<void> {
  const workshop = new Workshop(root);
  try {
    const tests = await failedScenarios(workshop.directory);
    const seed = seedsMax === 0 ? undefined : await firstRedSeed(workshop.directory, seedsMax);
    if (tests.length > 0) throw new Error(`red without any bug: ${tests[0]}`);
    if (seed !== undefined) throw new Error(`red without any bug: chaos seed ${seed}`);
  } finally {
    workshop.close();
  }
}

function isKilled({ tests, seeds }: Outcome): boolean {
  return tests.length > 0 || seeds !== undefined;
}

function print(outcome: Outcome, { json, seedsMax }: Plan): void {
  const { mutant, tests, seeds } = outcome;
  const killed = isKilled(outcome);
  if (json) {
    const { name, bug } = mutant;
    console.log(
      JSON.stringify({
        mutant: name,
        bug,
        killed,
        by: foremost(outcome),
        tests: tests.length,
        seeds,
        seedsMax,
      }),
    );
    return;
  }
  const chaos = seedsMax === 0 ? '' : `chaos ${seeds ?? `> ${seedsMax}`}`;
  console.log(
    `${killed ? 'killed  ' : 'SURVIVES'} ${mutant.name.padEnd(36)} ${chaos.padEnd(10)} ${byWhom(outcome)}`,
  );
  if (!killed) console.log(`         ${mutant.bug}`);
}

/** The scenario to name: the one that bears the bug's number, if it is among those that failed. */
function foremost({ mutant: { number }, tests }: Outcome): string | undefined {
  return tests.find((test) => new RegExp(`› (.* )?${number}(, \\d+)* · `).test(test)) ?? tests[0];
}

function byWhom(outcome: Outcome): string {
  const first = foremost(outcome);
  if (first === undefined) return 'no scenario';
  const more = outcome.tests.length - 1;
  return more === 0 ? first : `${first} (and ${more} more)`;
}

/** The number of seeds within which half of the bugs were seen; undefined when more than half were not. */
function median(outcomes: readonly Outcome[]): number | undefined {
  const seeds = outcomes.map((outcome) => outcome.seeds ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
  const middle = seeds[Math.floor((seeds.length - 1) / 2)];
  return middle === undefined || !Number.isFinite(middle) ? undefined : middle;
}

function printTotals(outcomes: readonly Outcome[], { json, seedsMax }: Plan, elapsedMs: number): void {
  const totals = {
    planted: outcomes.length,
    killed: outcomes.filter(isKilled).length,
    byScenarios: outcomes.filter(({ tests }) => tests.length > 0).length,
    byChaos: outcomes.filter(({ seeds }) => seeds !== undefined).length,
    seedsMedian: median(outcomes),
    seedsMax,
    elapsedMs: Math.round(elapsedMs),
  };
  if (json) {
    console.log(JSON.stringify(totals));
    return;
  }
  const { planted, killed, byScenarios, byChaos, seedsMedian } = totals;
  const seen =
    seedsMax === 0
      ? ''
      : `, ${byChaos} by chaos within ${seedsMax} seeds (median ${seedsMedian ?? 'beyond'})`;
  console.log(
    `${killed} of ${planted} killed, ${byScenarios} by scenarios${seen}, ${Math.round(elapsedMs / 1000)} s`,
  );
}

function select(mutants: readonly NamedMutant[], only: string | undefined, part: string): NamedMutant[] {
  const [which = 1, parts = 1] = part.split('/').map(Number);
  const numbers = only?.split(',').map(Number);
  const unknown = numbers?.filter((number) => !mutants.some((mutant) => mutant.number === number)) ?? [];
  if (unknown.length > 0) throw new Error(`no bug has the number ${unknown.join(' or ')}`);
  if (!(which >= 1 && which <= parts)) throw new Error(`${part} is no part: say 1/7 to 7/7`);
  return mutants
    .filter(({ number }) => numbers === undefined || numbers.includes(number))
    .filter((_, place) => place % parts === which - 1);
}

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    part: { type: 'string', default: '1/1' },
    seeds: { type: 'string', default: '20' },
    chaos: { type: 'boolean', default: true },
    json: { type: 'boolean', default: false },
  },
  allowNegative: true,
});
async function main(): Promise<number> {
  const plan: Plan = { seedsMax: values.chaos ? Number(values.seeds) : 0, json: values.json };
  const began = performance.now();
  const chosen = select(await readCatalogue(), values.only, values.part);
  await assertHealthy(plan);
  const outcomes = await tryAll(chosen, plan);
  printTotals(outcomes, plan, performance.now() - began);
  return outcomes.length > 0 && outcomes.every(isKilled) ? 0 : 1;
}

process.exitCode = await main();
