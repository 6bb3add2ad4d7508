/** The world that a seed stands for: how many members, and with which options. Everything else comes from the run. */
import { Chaos } from './chaos.ts';
import { misbehave } from './chaos-faults.ts';
import { work } from './chaos-work.ts';

/** How long a run misbehaves before it is healed. */
export const chaosSteps = 2000;

export function chaosOf(seed: number): Chaos {
  const leaseReads = seed % 2 === 0;
  return new Chaos(seed, 2 + (seed % 4), {
    misbehave,
    work,
    gathers: seed % 3 === 1,
    slowMachine: seed % 3 === 0,
    durableMachine: seed % 5 === 0,
    options: {
      // A lease that is long beside the time that an election takes, so that a broken promise shows.
      electionTicksMin: leaseReads ? 14 : 5,
      electionTicksMax: leaseReads ? 18 : 10,
      heartbeatTicks: 2,
      leaseReads,
      lazyCommit: seed % 3 !== 2,
      clockDriftMax: seed % 4 === 0 ? 0.3 : 0.05,
      tailBytesMax: seed % 7 === 0 ? 1 << 20 : 1000,
      inflightMessagesMax: 8,
      appendBytesMax: 500,
      uncommittedBytesMax: 20_000,
      quiesceTicks: seed % 4 === 1 ? 15 : 0,
    },
  });
}
