/** The world that a seed stands for: how many members, and with which options. Everything else comes from the run. */
import { Chaos } from './chaos.ts';
import { misbehave } from './chaos-faults.ts';
import { work } from './chaos-work.ts';

/** How long a run misbehaves before it is healed. */
export const chaosSteps = 2000;

export function chaosOf(seed: number): Chaos {
  return new Chaos(seed, 2 + (seed % 4), {
    misbehave,
    work,
    slowMachine: seed % 5 === 0,
    durableMachine: seed % 7 === 0,
    options: {
      electionTicksMin: 8,
      electionTicksMax: 16,
      heartbeatTicks: 2,
      leaseReads: seed % 2 === 0,
      clockDriftMax: seed % 4 === 0 ? 0.3 : 0.05,
      tailBytesMax: seed % 3 === 0 ? 1 << 20 : 2000,
      inflightMessagesMax: 8,
      appendBytesMax: 500,
      uncommittedBytesMax: 20_000,
      quiesceTicks: seed % 4 === 1 ? 20 : 0,
    },
  });
}
