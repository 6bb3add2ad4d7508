/**
 * The plain detector: so long without a heartbeat is suspicious, so long is bad, the same for every member. It learns
 * nothing, and so has nothing to be wrong about: the choice where heartbeats are rare or their intervals are decided by
 * somebody else.
 */
import { type Duration, invalidOption } from '../../base/index.ts';
import { JudgingDetector } from './judging-detector.ts';
import { type JudgingOptions, lengthMsOf } from './judging-settings.ts';

export interface TimeoutDetectorOptions extends JudgingOptions {
  /** A silence from which a member is suspicious. Default 3 s. */
  readonly suspectAfter?: Duration;
  /** A silence that is bad, at least `suspectAfter`. Default 10 s. */
  readonly unhealthyAfter?: Duration;
}

const dayMs = 86_400_000;

/** The suspicion is the silence as a share of `unhealthyAfter`. */
export class TimeoutDetector extends JudgingDetector<undefined> {
  readonly #unhealthyMs: number;

  constructor({ suspectAfter = '3s', unhealthyAfter = '10s', ...judging }: TimeoutDetectorOptions = {}) {
    const suspectMs = lengthMsOf('suspectAfter', suspectAfter, 1, dayMs);
    const unhealthyMs = lengthMsOf('unhealthyAfter', unhealthyAfter, 1, dayMs);
    if (unhealthyMs < suspectMs) {
      throw invalidOption(
        'unhealthyAfter',
        unhealthyAfter,
        `at least suspectAfter, which is ${suspectMs} ms`,
      );
    }
    super(judging, { suspect: suspectMs / unhealthyMs, unhealthy: 1 });
    this.#unhealthyMs = unhealthyMs;
  }

  protected fresh(): undefined {
    return undefined;
  }

  /** Nothing is learned. */
  protected learn(): void {
    return undefined;
  }

  protected suspicionOf(_memory: undefined, silentMs: number): number {
    return silentMs / this.#unhealthyMs;
  }
}
