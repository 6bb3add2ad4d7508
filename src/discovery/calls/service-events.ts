/** What happens between a service and its callers: listeners of one client, and the channel `quorate:discovery:call`. */
import { channel } from 'node:diagnostics_channel';
import type { EjectionCause } from '../balancing/index.ts';
import { Listeners } from '../listeners.ts';
import type { NoInstanceWhy } from './no-instance.ts';

interface Told<Type extends string> {
  readonly type: Type;
  readonly service: string;
}

export type ServiceEvent =
  /** A call found nobody to go to. */
  | (Told<'no-instance'> & { readonly why: NoInstanceWhy; readonly known: number })
  /** An instance that fails is set aside. */
  | (Told<'ejected'> & { readonly instance: string; readonly cause: EjectionCause; readonly forMs: number })
  /** The circuit of an instance has opened or closed: it is given no calls, or calls again. */
  | (Told<'shut'> & { readonly instance: string; readonly forMs: number })
  | (Told<'reopened'> & { readonly instance: string })
  /** An instance was chosen whose circuit lets nobody through at this moment, and another one was asked. */
  | (Told<'passed-over'> & { readonly instance: string })
  /** Hardly any instance is healthy, and all are used; and no longer so. */
  | Told<'panic' | 'panic-over'>;

export type ServiceListener = (event: ServiceEvent) => void;

const calls = channel('quorate:discovery:call');

export class ServiceEvents {
  readonly #listeners = new Listeners<ServiceEvent>();

  /** Returns what takes it away again. */
  add(listener: ServiceListener): () => void {
    return this.#listeners.add(listener);
  }

  tell(event: ServiceEvent): void {
    if (calls.hasSubscribers) calls.publish(event);
    this.#listeners.tell(event);
  }
}
