/**
 * What it costs with a picker by key when one of the instances leaves or comes: the longest of the next thousand picks,
 * told as the median of the changes, and what all of them take more than picks do where nothing has changed.
 */
import { Balancer, type PickerName } from '../../src/discovery/balancing/index.ts';
import type { Instance } from '../../src/discovery/index.ts';
import { type Line, median } from './bench-case.ts';

const picksPerChange = 1_000;

export function changing(picker: PickerName, known: readonly Instance[], changes: number): Line {
  const balancer = new Balancer({ picker, seed: 7 });
  const fewer = known.slice(1);
  let nowMs = 0;
  let version = 0;
  /** The longest pick, and all of them, in microseconds. */
  const picks = (): readonly [longest: number, all: number] => {
    let longestMs = 0;
    let allMs = 0;
    for (let pick = 0; pick < picksPerChange; pick += 1) {
      nowMs += 0.1;
      const start = performance.now();
      balancer.pick(nowMs, { key: `user/${pick * 7_919}/session` });
      const tookMs = performance.now() - start;
      longestMs = Math.max(longestMs, tookMs);
      allMs += tookMs;
    }
    return [longestMs * 1_000, allMs * 1_000];
  };
  const longest: number[] = [];
  const more: number[] = [];
  for (let change = -4; change < changes; change += 1) {
    version += 1;
    const instances = version % 2 === 0 ? known : fewer;
    balancer.update({ service: 'orders', instances, version }, nowMs);
    const [longestUs, allUs] = picks();
    const [, restUs] = picks();
    // The first ones are for the compiler.
    if (change < 0) continue;
    longest.push(longestUs);
    more.push(allUs - restUs);
  }
  return {
    case: `change ${picker}`,
    ours: Math.round(median(longest)),
    unit: 'µs',
    inAllUs: Math.max(0, Math.round(median(more))),
    instances: known.length,
  };
}
