/** A service in a list, virtual time, and what was called when, for tests of service clients. */
import { isQuorateError, QuorateError } from '../../../src/base/index.ts';
import {
  type DiscoverOptions,
  discover,
  type FixedInstances,
  fixedInstances,
  type Instance,
  type ServiceEvent,
  type ServiceOptions,
  type Services,
} from '../../../src/discovery/index.ts';
import type { CallContext } from '../../../src/resilience/index.ts';
import { ManualClock } from '../../net/manual-clock.ts';
import { settled } from '../../resilience/script.ts';
import { type InstanceSketch, instance } from '../balancing/scene.ts';

export type Answer = (instance: Instance, call: CallContext) => unknown;

export class Scene {
  readonly clock: ManualClock = new ManualClock();
  readonly instances: FixedInstances;
  readonly services: Services;
  /** Ids, in the order in which they were called. */
  readonly called: string[] = [];
  readonly events: ServiceEvent[] = [];

  constructor(
    sketches: readonly (InstanceSketch | string)[],
    options: ServiceOptions = {},
    more: DiscoverOptions = {},
  ) {
    this.instances = fixedInstances({ orders: sketches.map(instance) });
    this.services = discover(this.instances, { clock: this.clock, ...more });
    const given: ServiceOptions = { picker: 'round-robin', seed: 3, ...options };
    this.services.service('orders', given).onEvent((event) => this.events.push(event));
  }

  get orders(): ReturnType<Services['service']> {
    return this.services.service('orders');
  }

  replace(sketches: readonly (InstanceSketch | string)[]): void {
    this.instances.replace('orders', sketches.map(instance));
  }

  /** How a call ends whose tries are answered by `answer`, while time goes on. */
  call(
    answer: Answer,
    options: Parameters<ReturnType<Services['service']>['call']>[1] = {},
  ): ReturnType<typeof settled> {
    return settled(this.clock, this.begin(answer, options));
  }

  begin(
    answer: Answer,
    options: Parameters<ReturnType<Services['service']>['call']>[1] = {},
  ): Promise<unknown> {
    return this.orders.call((target, call) => {
      this.called.push(target.id);
      return answer(target, call);
    }, options);
  }
}

export function refused(): QuorateError {
  return new QuorateError({ code: 'overloaded', message: 'busy', data: { waitMs: 0, retryAfterMs: 0 } });
}

export function lost(): QuorateError {
  return new QuorateError({
    code: 'network-failed',
    message: 'lost',
    data: { operation: 'read', address: 'a', system: 'ECONNRESET' },
  });
}

/** Until the call is given up. */
export function hanging(_: Instance, { signal }: CallContext): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** Answers after this time, whatever is asked. */
export function after(clock: ManualClock, delayMs: number, value: unknown): Promise<unknown> {
  return new Promise((resolve) => clock.setTimer(delayMs, () => resolve(value)));
}

export function codeOf(ended: Awaited<ReturnType<typeof settled>>): string | undefined {
  return 'error' in ended && isQuorateError(ended.error) ? ended.error.code : undefined;
}
