/** Instances and snapshots for tests of balancers, and a balancer whose calls can be counted. */
import {
  Balancer,
  type BalancingOptions,
  type PickRequest,
  type Slot,
} from '../../../src/discovery/balancing/index.ts';
import type { Instance, ServiceSnapshot } from '../../../src/discovery/instance.ts';

export type InstanceSketch = Partial<Instance> & { readonly id: string };

export function instance(sketch: InstanceSketch | string): Instance {
  const given = typeof sketch === 'string' ? { id: sketch } : sketch;
  return {
    service: 'orders',
    address: { host: '127.0.0.1', port: 80 },
    status: 'passing',
    weight: 1,
    zone: undefined,
    region: undefined,
    version: undefined,
    tags: [],
    metadata: {},
    token: 0,
    ...given,
  };
}

export function snapshotOf(sketches: readonly (InstanceSketch | string)[], version = 1): ServiceSnapshot {
  return { service: 'orders', instances: sketches.map(instance), version };
}

export function idsOf(count: number): string[] {
  return Array.from({ length: count }, (_, number) => `i${String(number).padStart(3, '0')}`);
}

/** Without ejections and panic unless they are asked for, so that a test sees its picker alone. */
export function balancerOf(
  options: BalancingOptions,
  sketches: readonly (InstanceSketch | string)[],
  seed = 1,
): Balancer {
  const balancer = new Balancer({ ejection: false, panicBelow: 0, ...options, seed });
  balancer.update(snapshotOf(sketches), 0);
  return balancer;
}

export function picked(balancer: Balancer, nowMs = 0, request: PickRequest = {}): Slot {
  const slot = balancer.pick(nowMs, request);
  if (slot === undefined) throw new Error('nobody was picked');
  return slot;
}

/** How often each was picked, by id. */
export function counted(
  balancer: Balancer,
  picks: number,
  nowMs = 0,
  request: PickRequest = {},
): Map<string, number> {
  const counts = new Map<string, number>();
  for (let number = 0; number < picks; number += 1) {
    const { id } = picked(balancer, nowMs, request);
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

/** Calls under way at an instance, and not more. */
export function busy(balancer: Balancer, id: string, calls: number): void {
  const slot = balancer.slotOf(id) as Slot;
  for (let number = 0; number < calls; number += 1) balancer.begin(slot);
}

export function fail(balancer: Balancer, id: string, times: number, nowMs: number): void {
  ended(balancer, id, times, nowMs, false);
}

export function ended(balancer: Balancer, id: string, times: number, nowMs: number, ok: boolean): void {
  const slot = balancer.slotOf(id) as Slot;
  for (let number = 0; number < times; number += 1) {
    balancer.begin(slot);
    balancer.end(slot, { latencyMs: 5, ok }, nowMs);
  }
}
