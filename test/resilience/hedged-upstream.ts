/** What tests of hedges share: an upstream whose answers the test gives one by one. */
import {
  type CallContext,
  type HedgeOptions,
  type HedgePolicy,
  hedge,
  type PolicyEvent,
  type Task,
} from '../../src/resilience/index.ts';
import { ManualClock, turn } from '../net/manual-clock.ts';

export class Upstream {
  readonly clock: ManualClock = new ManualClock();
  readonly hedged: HedgePolicy;
  readonly calls: CallContext[] = [];
  readonly answers: PromiseWithResolvers<string>[] = [];
  readonly events: PolicyEvent[] = [];

  constructor(options: Partial<HedgeOptions> = {}) {
    this.hedged = hedge({ idempotent: true, after: 100, clock: this.clock, ...options });
    this.hedged.onEvent((event) => this.events.push(event));
  }

  readonly task: Task<string> = (call) => {
    const answer = Promise.withResolvers<string>();
    this.calls.push(call);
    this.answers.push(answer);
    return answer.promise;
  };

  /** Lets time pass, and what falls due happen. */
  async pass(milliseconds: number): Promise<void> {
    this.clock.advance(milliseconds);
    await turn();
    await turn();
  }

  /** One call that is answered after `durationMs`, by its first try. */
  async served(durationMs: number): Promise<void> {
    const at = this.answers.length;
    const answer = this.hedged.execute(this.task);
    await this.pass(durationMs);
    this.answers[at]?.resolve('answer');
    await answer;
  }

  get types(): readonly string[] {
    return this.events.map(({ type }) => type);
  }
}
