/**
 * What keeps a served node from doing all that it should, by what the node says of itself: looked for once a second,
 * and told to its lifecycle when it begins, changes and ends.
 */
import type { Component, NodeLifecycle } from '../../membership/index.ts';
import { behindMsMax, type NodeMetrics } from '../../node/index.ts';
import type { Clock, Timer } from '../../ports/index.ts';

const lookMs = 1_000;

/** One sentence for the worst of it, which stays the same for as long as it lasts. */
export function troubleOf({ status, log }: Pick<NodeMetrics, 'status' | 'log'>): string | undefined {
  const damages = [...status.groups.values()].map(({ damage }) => damage);
  if (damages.includes('vote')) return 'its disk may have lost a vote, so it has none any more';
  if (damages.includes('entries')) return 'its disk has lost entries, which it takes from its peers';
  if (log.full) return 'its disk is full';
  if (status.behindMs <= behindMsMax) return undefined;
  return `for more than ${behindMsMax / 1_000} s it has heard no leader, or applied nothing of what it heard`;
}

export interface TroubleWatchOptions {
  readonly clock: Clock;
  readonly life: () => Pick<NodeLifecycle, 'degrade' | 'restore'>;
  /** Absent where there is nothing to look at. */
  readonly trouble: () => string | undefined;
}

export class TroubleWatch implements Component {
  readonly name: string = 'trouble watch';
  readonly needs: readonly string[] = ['node'];
  readonly #options: TroubleWatchOptions;
  #timer: Timer | undefined;
  /** What the lifecycle was told last. */
  #told: string | undefined;

  constructor(options: TroubleWatchOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = this.#options.clock.setTimer(lookMs, () => this.#look(), { background: true });
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #look(): void {
    const trouble = this.#options.trouble();
    const life = this.#options.life();
    // In a state in which it means nothing it is told at the next look.
    if (trouble !== this.#told && (trouble === undefined ? life.restore() : life.degrade(trouble)))
      this.#told = trouble;
    this.start();
  }
}
