/**
 * Who hears of changes from one member of a group. A member that does not keep up for long, because it was removed
 * or cut off and hears no leader, or because its disk takes nothing more, would tell nothing more and look alive all
 * the same. So it lets its subscribers go, who ask another member, and takes no new ones until it keeps up again.
 */
import { QuorateError } from '../base/index.ts';
import type { Clock } from '../ports/index.ts';
import type { GroupId } from '../raft/index.ts';
import { nothingToHear } from './group-refusals.ts';
import type { StateMachine, Subscriber, Subscription } from './state-machine.ts';

export interface SubscriptionsOptions {
  readonly group: GroupId;
  readonly machine: StateMachine;
  readonly clock: Clock;
  /** There may be something to tell. */
  readonly wake: () => void;
}

/** Longer than elections take, also when some of them fail, and than a disk hesitates. */
export const behindMsMax = 5_000;

export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  readonly #told = new Map<Subscriber, Subscription>();
  /** When it kept up last; a member that starts has time to hear a leader. */
  #keptUpAtMs: number;

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
    this.#keptUpAtMs = options.clock.now();
  }

  get size(): number {
    return this.#told.size;
  }

  /** For how long this member has not kept up; below the distance of two ticks it does. */
  get behindMs(): number {
    return this.#options.clock.now() - this.#keptUpAtMs;
  }

  add(query: Uint8Array, subscriber: Subscriber): Subscription {
    const { machine, clock, group, wake } = this.#options;
    if (machine.subscribe === undefined) throw nothingToHear(group);
    if (this.#isLost(clock.now())) throw behind(group);
    const told = machine.subscribe(query, {
      deliver: (item) => subscriber.deliver(item),
      end: (error) => {
        this.#told.delete(subscriber);
        subscriber.end(error);
      },
    });
    this.#told.set(subscriber, told);
    wake();
    return {
      resume: () => {
        told.resume();
        wake();
      },
      close: () => {
        this.#told.delete(subscriber);
        told.close();
      },
    };
  }

  /** Time passes. `keepsUp`: it hears a leader, and applies what it hears. */
  tick(now: number, keepsUp: boolean): void {
    if (keepsUp) this.#keptUpAtMs = now;
    else if (this.#told.size > 0 && this.#isLost(now)) this.end(behind(this.#options.group));
  }

  /** Nobody hears anything more, for this reason. */
  end(error: QuorateError): void {
    const told = [...this.#told];
    this.#told.clear();
    for (const [subscriber, subscription] of told) {
      subscription.close();
      subscriber.end(error);
    }
  }

  #isLost(now: number): boolean {
    return now - this.#keptUpAtMs > behindMsMax;
  }
}

function behind(group: GroupId): QuorateError<'read-lost'> {
  const reason =
    `for more than ${behindMsMax} ms it heard no leader or its disk took nothing, ` +
    'so it may have been removed, be cut off or have a full disk';
  return new QuorateError({
    code: 'read-lost',
    message: `group ${group} is not told of on this node: ${reason}; watch at another member`,
    data: { group, reason },
  });
}
