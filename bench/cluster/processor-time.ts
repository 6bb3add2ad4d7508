/**
 * Processor time of whole processes, as Linux counts it: what a request costs the servers is steadier than how
 * fast it is answered when other programs run too. Elsewhere it is not known.
 */
import { readFileSync } from 'node:fs';

/** Linux counts in hundredths of a second. */
const ticksPerSecond = 100;

/** In microseconds since their start; NaN where the system does not tell. */
export function processorUs(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) ticks += ticksOf(pid);
  return (ticks / ticksPerSecond) * 1e6;
}

function ticksOf(pid: number): number {
  if (process.platform !== 'linux') return Number.NaN;
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name before it may hold spaces; of what follows these are the 12th and 13th.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
