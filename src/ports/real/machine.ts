/** The machine that a node really runs on. */
import type { Log, Machine } from '../index.ts';
import { realClock } from './clock.ts';
import { type RealDatagramOptions, realDatagrams } from './datagrams.ts';
import { type RealDiskOptions, realDisk } from './disk.ts';
import { realLog } from './log.ts';
import { type RealLoopDelayOptions, realLoopDelay } from './loop-delay.ts';
import { type RealNetworkOptions, realNetwork } from './network.ts';
import { realRandom } from './random.ts';

export interface RealMachineOptions {
  /** Default: `realLog()`, JSON lines on stderr. */
  readonly log?: Log;
  readonly disk?: RealDiskOptions;
  /** Its log is the machine's unless it names another. */
  readonly network?: RealNetworkOptions;
  readonly datagrams?: RealDatagramOptions;
  readonly loopDelay?: RealLoopDelayOptions;
}

/** Measures the loop's delay from now on, by a timer that does not keep the process alive; close `loopDelay` at the end. */
export function realMachine(options: RealMachineOptions = {}): Machine {
  const log = options.log ?? realLog();
  return {
    clock: realClock(),
    random: realRandom(),
    disk: realDisk(options.disk),
    network: realNetwork({ log, ...options.network }),
    datagrams: realDatagrams(options.datagrams),
    log,
    loopDelay: realLoopDelay(options.loopDelay),
  };
}
