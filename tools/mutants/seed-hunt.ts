/**
 * Runs seeds from 1 on against the copy of the sources in a folder, and says after each that it was green; ends
 * at the first that is not. Arguments: the kind of seeds, the folder, the most seeds.
 */
import { join } from 'node:path';
import type { scenarioList, simulate } from '../../src/sim/index.ts';
import type { chaosOf } from '../../test/raft/chaos-seeds.ts';

const [kind, directory = '', seedsMax] = process.argv.slice(2);

/** Rejects, or ends the process, when the seed is red. */
type Hunt = (seed: number) => Promise<void>;

async function chaosHunt(): Promise<Hunt> {
  const chaos = (await import(join(directory, 'test/raft/chaos-seeds.ts'))) as {
    readonly chaosOf: typeof chaosOf;
    readonly chaosSteps: number;
  };
  return async (seed) => {
    const run = chaos.chaosOf(seed);
    run.run(chaos.chaosSteps);
    run.heal();
  };
}

async function simulatorHunt(): Promise<Hunt> {
  const simulator = (await import(join(directory, 'src/sim/index.ts'))) as {
    readonly scenarioList: typeof scenarioList;
    readonly simulate: typeof simulate;
  };
  const scenarios = simulator.scenarioList.map(({ name }) => name);
  return async (seed) => {
    // Each scenario in its turn, so that few seeds meet all kinds of trouble.
    const scenario = scenarios[(seed - 1) % scenarios.length] ?? '';
    const { violation } = await simulator.simulate({ seed, scenario });
    if (violation !== undefined) throw new Error(violation);
  };
}

const hunt = await (kind === 'chaos' ? chaosHunt() : simulatorHunt());
for (let seed = 1; seed <= Number(seedsMax); seed += 1) {
  await hunt(seed);
  console.log('green');
}
