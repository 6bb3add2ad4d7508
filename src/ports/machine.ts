/** All ports of one machine together: what a node is given at birth, real or simulated. */
import type { Clock } from './clock.ts';
import type { Datagrams } from './datagram.ts';
import type { Disk } from './disk.ts';
import type { Log } from './log.ts';
import type { LoopDelay } from './loop-delay.ts';
import type { Network } from './network.ts';
import type { Random } from './random.ts';

export interface Machine {
  readonly clock: Clock;
  readonly random: Random;
  readonly disk: Disk;
  readonly network: Network;
  readonly datagrams: Datagrams;
  readonly log: Log;
  readonly loopDelay: LoopDelay;
}
