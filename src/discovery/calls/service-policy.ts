/**
 * The calls to one service as one policy: deadline around retry around hedge around the choice of an instance, and
 * behind that the instance's circuit and the limit of a try. Every try chooses anew and leaves out those that the call
 * has tried, so a retry and a hedge go elsewhere; how it ends is told to the balancer.
 *
 * Circuits are those of `keyedBreakers`, by instance and token, and not a second kind in the balancer: their states can
 * be seen, set and carried over as everywhere else. The balancer hears from them who is shut, so that nobody is chosen
 * in vain; where one has room for a probe only, and another call has it, the next instance is asked within the same try,
 * because nothing was called and nothing is spent.
 */
import { isQuorateError, linkSignals } from '../../base/index.ts';
import type { Clock } from '../../ports/index.ts';
import { webRandom } from '../../ports/web/index.ts';
import {
  type Call,
  type CallContext,
  type KeyedBreakersPolicy,
  type MeterPolicy,
  meter,
  Policy,
  type PolicyEvent,
  type PolicyListener,
  saysNothing,
  type Task,
} from '../../resilience/index.ts';
import { Balancer, type Slot } from '../balancing/index.ts';
import type { Instance, ServiceSnapshot } from '../instance.ts';
import { type NoInstanceWhy, noInstance, notHeard } from './no-instance.ts';
import { OwnFailure, uncovered } from './own-failure.ts';
import { ServiceEvents } from './service-events.ts';
import { type ServiceKind, type ServiceOptions, type ServiceParts, serviceParts } from './service-options.ts';
import { clientClosed, SnapshotFollower } from './snapshot-follower.ts';
import type { ViewSource } from './view-source.ts';

/** One choice of one try. */
interface Attempt {
  readonly slot: Slot;
  /** Undefined while the instance has not been called. */
  begunMs: number | undefined;
}

/** On the call itself: a map that holds keys weakly costs the collector more than all the rest of a call. */
const chosenInstance = Symbol('instance');

interface MarkedCall extends CallContext {
  [chosenInstance]?: Instance;
}

/** Which instance a task is to call; undefined for a task that no service client has started. */
export function instanceOf(call: CallContext): Instance | undefined {
  return (call as MarkedCall)[chosenInstance];
}

export class ServicePolicy extends Policy<ServiceKind> {
  readonly service: string;
  readonly balancer: Balancer;
  readonly happenings: ServiceEvents = new ServiceEvents();
  /** Of calls as their callers see them. */
  readonly meter: MeterPolicy;
  /** Called with each call, before anything else. */
  onUse: () => void = () => undefined;
  /** Called when it is closed. */
  onClose: () => void = () => undefined;
  /** Choices whose circuit let nobody through. */
  passedOver = 0;
  readonly #parts: ServiceParts;
  readonly #follower: SnapshotFollower;
  /** Which circuit the try goes through that begins in this moment: it is asked for before `run` returns. */
  readonly #circuit: { key: string | undefined };
  #wasPanicking = false;

  constructor(service: string, source: ViewSource, options: ServiceOptions, givenClock: Clock | undefined) {
    const counting = meter({ name: service, ...(givenClock && { clock: givenClock }) });
    const { clock } = counting;
    const { seed = webRandom().uint32() } = options;
    const circuit: { key: string | undefined } = { key: undefined };
    const parts = serviceParts(options, { clock, seed, circuitOf: () => circuit.key });
    super([...parts.outer.kinds, ...(parts.guard?.kinds ?? [])], service, clock);
    this.service = service;
    this.meter = counting;
    this.balancer = new Balancer({ ...options, seed });
    this.#circuit = circuit;
    this.#parts = parts;
    counting.watch(parts.outer);
    if (parts.guard !== undefined) counting.watch(parts.guard);
    parts.breakers?.onEvent((event) => this.#heed(event));
    this.#follower = new SnapshotFollower(service, source, parts.query, (snapshot) => this.#take(snapshot));
  }

  /** The circuits, by the `key` of a slot; undefined where there are none. */
  get breakers(): KeyedBreakersPolicy | undefined {
    return this.#parts.breakers;
  }

  /** How long the registry has not been heard, in milliseconds. */
  get staleMs(): number {
    return this.#follower.staleMs;
  }

  override run<T>(task: Task<T>, call: Call): Promise<T> {
    return this.meter.run((inside) => this.#call(task, inside as Call), call);
  }

  override onEvent(listener: PolicyListener): () => void {
    const { outer, guard } = this.#parts;
    const removals = [outer.onEvent(listener), guard?.onEvent(listener)];
    return () => {
      for (const remove of removals) remove?.();
    };
  }

  /** Its view is closed until the next call. */
  rest(): void {
    this.#follower.rest();
  }

  /** Calls that are under way go on. */
  close(): void {
    this.#follower.close();
    this.onClose();
  }

  #call<T>(task: Task<T>, call: Call): Promise<T> {
    if (this.#follower.isClosed) return Promise.reject(clientClosed(this.service));
    this.onUse();
    const tried: Slot[] = [];
    const attempt: Task<T> = (inside) => this.#try(task, inside as Call, tried);
    const run = this.#follower.isKnown ? this.#parts.outer.run(attempt, call) : this.#hear(attempt, call);
    const { failure, failureResult } = this.#parts.failures;
    if (failure === undefined && failureResult === undefined) return run;
    return run.catch((error: unknown) => {
      throw uncovered(error);
    });
  }

  /** What the waiting takes is taken from the deadline. */
  async #hear<T>(attempt: Task<T>, call: Call): Promise<T> {
    const { deadlineMs, hearingMs, outer } = this.#parts;
    const { clock, service } = this;
    const begunMs = clock.now();
    const limitMs = Math.min(hearingMs, deadlineMs, call.remainingMs);
    using wait = linkSignals(call.signal);
    const timer = clock.setTimer(limitMs, () => wait.abort(notHeard(service, limitMs)));
    try {
      await this.#follower.known(wait.signal);
    } catch (error) {
      if (isQuorateError(error) && error.code === 'no-instance') this.#tellNobody('not-heard', 0);
      throw error;
    } finally {
      timer.cancel();
    }
    const leftMs = Math.max(1, deadlineMs - (clock.now() - begunMs));
    const { key, fingerprint } = call;
    const told = { ...(key !== undefined && { key }), ...(fingerprint !== undefined && { fingerprint }) };
    return outer.execute(attempt, { ...told, within: call, timeout: leftMs });
  }

  async #try<T>(task: Task<T>, call: Call, tried: Slot[]): Promise<T> {
    while (true) {
      const slot = this.#choose(call, tried);
      const isLast = tried.some(({ key }) => key === slot.key);
      if (!isLast) tried.push(slot);
      const attempt: Attempt = { slot, begunMs: undefined };
      try {
        const value = await this.#carryOut(task, call, attempt);
        this.#judge(attempt, this.#parts.failures.failureResult?.(value) !== true);
        return value;
      } catch (error) {
        if (attempt.begunMs !== undefined) throw this.#judgeError(attempt, error, call);
        if (!isLast && isQuorateError(error) && error.code === 'circuit-open') {
          this.passedOver += 1;
          this.happenings.tell({ type: 'passed-over', service: this.service, instance: slot.id });
          continue;
        }
        throw error;
      }
    }
  }

  #choose({ key }: Call, excluding: readonly Slot[]): Slot {
    const nowMs = this.clock.now();
    const slot = this.balancer.pick(nowMs, { key, excluding });
    this.#noticePanic();
    if (slot !== undefined) return slot;
    const error = noInstance(this.service, this.balancer, nowMs);
    this.#tellNobody(error.data.why, error.data.known);
    throw error;
  }

  #carryOut<T>(task: Task<T>, call: Call, attempt: Attempt): Promise<T> {
    const { guard } = this.#parts;
    const begin = (inside: CallContext): Promise<T> => this.#begin(task, inside, attempt);
    if (guard === undefined) return begin(call);
    this.#circuit.key = attempt.slot.key;
    return guard.run(begin, call);
  }

  /** Under way until it has really ended, also where nobody waits for it any more. */
  #begin<T>(task: Task<T>, call: CallContext, attempt: Attempt): Promise<T> {
    const { balancer } = this;
    const { slot } = attempt;
    attempt.begunMs = this.clock.now();
    (call as MarkedCall)[chosenInstance] = slot.instance;
    balancer.begin(slot);
    const work = (async () => task(call))();
    const leave = (): void => balancer.leave(slot);
    work.then(leave, leave);
    return work;
  }

  #judge({ slot, begunMs }: Attempt, ok: boolean | undefined): void {
    const nowMs = this.clock.now();
    const latencyMs = nowMs - (begunMs ?? nowMs);
    for (const { slot: ejected, cause, forMs } of this.balancer.judge(slot, { latencyMs, ok }, nowMs)) {
      this.happenings.tell({ type: 'ejected', service: this.service, instance: ejected.id, cause, forMs });
    }
    this.#noticePanic();
  }

  /** The error that the try ends with: another one where the function of the user that judges it fails. */
  #judgeError(attempt: Attempt, error: unknown, call: Call): unknown {
    let ok: boolean | undefined;
    let told = error;
    try {
      ok = this.#verdict(error, call);
    } catch (own) {
      told = own;
    }
    this.#judge(attempt, ok);
    return told;
  }

  /** Whether the instance did its part; undefined where the error says nothing of it. */
  #verdict(error: unknown, call: Call): boolean | undefined {
    if (call.isAborted || saysNothing(error) || error instanceof OwnFailure) return undefined;
    return this.#parts.failures.failure?.(error) === false;
  }

  #take(snapshot: ServiceSnapshot): void {
    this.balancer.update(snapshot, this.clock.now());
    this.#noticePanic();
  }

  /** What the circuits of instances do. */
  #heed(event: PolicyEvent): void {
    if (event.kind !== 'breaker' || !('key' in event)) return;
    const slot = [...this.balancer.slots()].find(({ key }) => key === event.key);
    if (slot === undefined) return;
    const nowMs = this.clock.now();
    const { service } = this;
    if (event.type === 'opened' || event.type === 'isolated') {
      const forMs = event.type === 'opened' ? event.forMs : Number.POSITIVE_INFINITY;
      this.balancer.shut(slot, nowMs + forMs, nowMs);
      this.happenings.tell({ type: 'shut', service, instance: slot.id, forMs });
    } else if (event.type === 'closed' || event.type === 'forced-closed' || event.type === 'evicted') {
      this.balancer.shut(slot, Number.NEGATIVE_INFINITY, nowMs);
      this.happenings.tell({ type: 'reopened', service, instance: slot.id });
    }
  }

  #noticePanic(): void {
    const { isPanicking } = this.balancer;
    if (isPanicking === this.#wasPanicking) return;
    this.#wasPanicking = isPanicking;
    this.happenings.tell({ type: isPanicking ? 'panic' : 'panic-over', service: this.service });
  }

  #tellNobody(why: NoInstanceWhy, known: number): void {
    this.happenings.tell({ type: 'no-instance', service: this.service, why, known });
  }
}
