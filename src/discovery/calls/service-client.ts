/** One service as its callers have it: calls, what is known of its instances, and what was counted. */
import type {
  CallContext,
  ExecuteOptions,
  KeyedBreakersPolicy,
  MeterFigures,
  Policy,
} from '../../resilience/index.ts';
import type { Availability, BalancerFigures, Slot } from '../balancing/index.ts';
import type { Instance } from '../instance.ts';
import type { ServiceListener } from './service-events.ts';
import type { ServiceKind } from './service-options.ts';
import { instanceOf, type ServicePolicy } from './service-policy.ts';

/** Does the calling: sends to `instance` what is to be sent, and heeds `call.signal`. */
export type ServiceTask<T> = (instance: Instance, call: CallContext) => T | PromiseLike<T>;

export interface ServiceFigures {
  readonly service: string;
  /** As callers see them. */
  readonly calls: MeterFigures;
  readonly balancing: BalancerFigures;
  readonly availability: Availability;
  /** Hardly any instance is healthy, and all are used. */
  readonly isPanicking: boolean;
  /** Choices whose circuit let nobody through, so that another instance was asked. */
  readonly passedOver: number;
  readonly staleMs: number;
}

export class ServiceClient implements Disposable {
  readonly service: string;
  readonly #policy: ServicePolicy;

  constructor(policy: ServicePolicy) {
    this.service = policy.service;
    this.#policy = policy;
  }

  /** The same as a policy, for a stack around it: a cache, a bulkhead. `instanceOf(call)` tells its tasks whom to call. */
  get policy(): Policy<ServiceKind> {
    return this.#policy;
  }

  /** The circuits of its instances, by id, or `id#token` where a registry gave one; undefined where there are none. */
  get breakers(): KeyedBreakersPolicy | undefined {
    return this.#policy.breakers;
  }

  /** What is known of each instance now: calls under way, latency, until when it is set aside. */
  get slots(): readonly Slot[] {
    return [...this.#policy.balancer.slots()];
  }

  /** At most once at a time and instance, and again at another one as far as options and `idempotent` allow. */
  call<T>(task: ServiceTask<T>, options?: ExecuteOptions): Promise<T> {
    return this.#policy.execute((call) => task(instanceOf(call) as Instance, call), options);
  }

  get figures(): ServiceFigures {
    const { service, meter, balancer, clock, passedOver, staleMs } = this.#policy;
    return {
      service,
      calls: meter.figures,
      balancing: balancer.figures,
      availability: balancer.availability(clock.now()),
      isPanicking: balancer.isPanicking,
      passedOver,
      staleMs,
    };
  }

  /** Tells what happens around its instances, until the returned function is called. Tries and circuits: `policy.onEvent`. */
  onEvent(listener: ServiceListener): () => void {
    return this.#policy.happenings.add(listener);
  }

  /** Ends its view. Calls that are under way go on; later ones are refused with `closed`. May be called twice. */
  close(): void {
    this.#policy.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
