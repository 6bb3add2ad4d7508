/** A node with time in the hands of the story, which writes down what happens and what is told where nobody waits. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import {
  type Component,
  type LifecycleProblem,
  NodeLifecycle,
  type NodeLifecycleOptions,
} from '../../../src/membership/lifecycle/index.ts';
import { ManualClock } from '../../net/manual-clock.ts';
import { part } from './parts.ts';

export class Story implements Disposable {
  readonly clock: ManualClock = new ManualClock();
  readonly log: string[] = [];
  readonly problems: string[] = [];
  readonly #hear = (message: unknown): void => {
    this.problems.push((message as LifecycleProblem).what);
  };

  constructor() {
    subscribe('quorate:lifecycle:problem', this.#hear);
  }

  part(name: string, options?: Parameters<typeof part>[2]): Component {
    return part(name, this.log, options);
  }

  node(options: Partial<NodeLifecycleOptions> = {}): NodeLifecycle {
    const node = new NodeLifecycle({ clock: this.clock, ...options });
    node.subscribe(({ kind }) => this.log.push(kind));
    return node;
  }

  [Symbol.dispose](): void {
    unsubscribe('quorate:lifecycle:problem', this.#hear);
  }
}
