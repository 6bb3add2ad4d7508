/** Runs chaos seeds from 1 on against the copy of the core in a folder, and says after each that it was green. */
import { join } from 'node:path';

interface ChaosRun {
  run(steps: number): void;
  heal(): void;
}

const [directory = '', seedsMax] = process.argv.slice(2);
const { chaosOf, chaosSteps } = (await import(join(directory, 'test/raft/chaos-seeds.ts'))) as {
  readonly chaosOf: (seed: number) => ChaosRun;
  readonly chaosSteps: number;
};
for (let seed = 1; seed <= Number(seedsMax); seed += 1) {
  const chaos = chaosOf(seed);
  chaos.run(chaosSteps);
  chaos.heal();
  console.log('green');
}
