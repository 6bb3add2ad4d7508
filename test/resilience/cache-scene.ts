/** An upstream that counts, and a cache in front of it whose answers are told by where they came from. */
import {
  type CacheAsideOptions,
  type CacheAsidePolicy,
  cacheAside,
  type PolicyEvent,
} from '../../src/resilience/index.ts';
import { ManualClock } from '../net/manual-clock.ts';

export class CacheScene {
  readonly clock: ManualClock = new ManualClock();
  readonly events: PolicyEvent[] = [];
  readonly cache: CacheAsidePolicy;
  asked = 0;
  failure: { readonly error: unknown } | undefined;
  gate: Promise<void> | undefined;

  constructor(options: Partial<CacheAsideOptions> = {}) {
    this.cache = cacheAside({ ttl: '10s', clock: this.clock, ...options });
    this.cache.onEvent((event) => this.events.push(event));
  }

  readonly task = async (): Promise<number> => {
    this.asked += 1;
    const answer = this.asked;
    const { failure } = this;
    await this.gate;
    if (failure !== undefined) throw failure.error;
    return answer;
  };

  get(key = 'a'): Promise<number> {
    return this.cache.execute(this.task, { key });
  }

  /** What was told since the last look. */
  told(): string[] {
    return this.events
      .splice(0)
      .map((event) => (event.type === 'cache-answered' ? event.from : event.type.replace('cache-', '')));
  }
}
