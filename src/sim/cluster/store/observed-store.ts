/** The store as a member has it, with an onlooker who hears what each command did and what state it led to. */
import type { QuorateError } from '../../../base/index.ts';
import type { Leadership, StateMachine, Subscriber, Subscription } from '../../../node/index.ts';
import type { MachineObserver } from '../workload.ts';
import type { StoreTruth } from './store-truth.ts';

export class ObservedStore implements StateMachine {
  readonly #machine: StateMachine;
  readonly #observer: MachineObserver;
  readonly #truth: StoreTruth;

  constructor(machine: StateMachine, observer: MachineObserver, truth: StoreTruth) {
    this.#machine = machine;
    this.#observer = observer;
    this.#truth = truth;
  }

  get applied(): number {
    return this.#machine.applied;
  }

  apply(index: number, command: Uint8Array | undefined): Uint8Array {
    const reply = this.#machine.apply(index, command);
    this.#truth.applied(index, command, reply);
    this.#observer.reached(index, this.#machine.hash());
    return reply;
  }

  read(query: Uint8Array): Uint8Array {
    return this.#machine.read(query);
  }

  snapshot(): Iterable<Uint8Array> {
    return this.#machine.snapshot();
  }

  async restore(index: number, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    await this.#machine.restore(index, chunks);
    this.#observer.restored();
    this.#observer.reached(index, this.#machine.hash());
  }

  hash(): number {
    return this.#machine.hash();
  }

  refusal(command: Uint8Array): QuorateError | undefined {
    return this.#machine.refusal?.(command);
  }

  levelNeeded(command: Uint8Array): number {
    return this.#machine.levelNeeded?.(command) ?? 1;
  }

  atLevel(level: number): void {
    this.#observer.leveled(level);
    this.#machine.atLevel?.(level);
  }

  tick(now: number, leadership: Leadership | undefined): void {
    this.#machine.tick?.(now, leadership);
  }

  subscribe(query: Uint8Array, subscriber: Subscriber): Subscription {
    return (this.#machine.subscribe as NonNullable<StateMachine['subscribe']>)(query, subscriber);
  }

  tell(): boolean {
    return this.#machine.tell?.() ?? false;
  }
}
