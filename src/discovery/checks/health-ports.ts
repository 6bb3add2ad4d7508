/** What checks need of the machine. A test gives its own; otherwise the real ones are used. */
import type { Clock, Network, ProcessRunner, Random } from '../../ports/index.ts';
import { realClock, realNetwork, realProcesses, realRandom, silentLog } from '../../ports/real/index.ts';

export interface HealthPorts {
  readonly clock: Clock;
  /** For the jitter. */
  readonly random: Random;
  /** For checks by `tcp`. */
  readonly network: Network;
  /** For checks by `command`. */
  readonly processes: ProcessRunner;
  /** For checks by `http`. Default: that of the runtime. */
  readonly fetch: typeof globalThis.fetch;
}

export function healthPorts(given: Partial<HealthPorts> = {}): HealthPorts {
  return {
    clock: given.clock ?? realClock(),
    random: given.random ?? realRandom(),
    network: given.network ?? realNetwork({ log: silentLog() }),
    processes: given.processes ?? realProcesses(),
    fetch: given.fetch ?? globalThis.fetch,
  };
}
