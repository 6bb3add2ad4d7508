/**
 * What happens in policies, for whoever wants to hear it: listeners of one policy or stack, and where the runtime has
 * it, the channel `quorate:resilience:event` of `diagnostics_channel`, which hears all policies of the process. While
 * nobody listens nothing is made. What a listener throws is not the call's: it is thrown where nobody catches it, as
 * the platform does with listeners of events.
 */
import type { AnsweringEvent } from './answering-events.ts';
import type { BreakerEvent } from './breaker-events.ts';
import { diagnosticsChannel } from './diagnostics.ts';
import type { LimitEvent } from './limit-events.ts';
import type { GaveUpBecause } from './retry-verdict.ts';
import type { Told } from './told.ts';

/** A union by `type`; each policy adds its own here, so that one `switch` sees them all. */
export type PolicyEvent =
  | AnsweringEvent
  | BreakerEvent
  | LimitEvent
  /** A time limit is over; `abandoned` says that the task was not waited for. */
  | (Told<'timed-out', 'timeout' | 'deadline'> & { readonly afterMs: number; readonly abandoned: boolean })
  /** Try number `attempt` has failed, by `error` or by `result`, and `delayMs` later another one follows. */
  | (Told<'retried', 'retry'> & {
      readonly attempt: number;
      readonly delayMs: number;
      readonly error?: unknown;
      readonly result?: unknown;
      /** Work of the failed try still runs, beside that of the next one. */
      readonly leftWork: boolean;
    })
  /** The last of `attempts` tries has failed. */
  | (Told<'gave-up', 'retry'> & { readonly attempts: number; readonly because: GaveUpBecause })
  /** A call takes long, and is sent once more, as try number `attempt`; or is not, because the budget is spent. */
  | (Told<'hedged' | 'hedge-refused', 'hedge'> & { readonly attempt: number; readonly afterMs: number })
  /** Try number `attempt` has answered before the first one. */
  | (Told<'hedge-won', 'hedge'> & { readonly attempt: number });

export type PolicyListener = (event: PolicyEvent) => void;

const channel = diagnosticsChannel('quorate:resilience:event');

export class PolicyEvents {
  #listeners: readonly PolicyListener[] = [];

  get isHeard(): boolean {
    return this.#listeners.length > 0 || channel.hasSubscribers;
  }

  /** Returns what takes it away again, once however often it is called. */
  add(listener: PolicyListener): () => void {
    // Of its own, so that one listener added twice is taken away once.
    const added: PolicyListener = (event) => listener(event);
    this.#listeners = [...this.#listeners, added];
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== added);
    };
  }

  tell(event: PolicyEvent): void {
    if (channel.hasSubscribers) channel.publish(event);
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
