/**
 * Phi accrual, after Hayashibara, Défago, Yared and Katayama, "The φ Accrual Failure Detector" (2004): instead of a
 * timeout that is right for one network, how unlikely the present silence is, given the intervals of this member. Phi 1
 * is a silence that one of ten heartbeats would end later, phi 8 one of a hundred million.
 *
 * Three things are added that a model of the normal distribution needs in practice. Heartbeats of a timer are so even
 * that their deviation is next to nothing, and without a least one a millisecond would be proof. A pause that is known
 * to happen, of a collector or a scheduler, is added to the mean. And an interval is learned as no longer than the
 * silence that makes a member suspect: one outage must not teach that outages are normal, while a member that really
 * beats more slowly from now on is learned within a few beats.
 */
import { type Duration, invalidOption } from '../../base/index.ts';
import { ArrivalWindow, intervalMaxMs, windowMax } from './arrival-window.ts';
import { JudgingDetector } from './judging-detector.ts';
import { type JudgingOptions, lengthMsOf, wholeOf } from './judging-settings.ts';
import { deviationsOf, phiOf } from './normal-tail.ts';

export interface PhiAccrualOptions extends JudgingOptions {
  /** Intervals that are remembered of each member, from 2 to 1,000. Default 200, which is 800 bytes. */
  readonly window?: number;
  /** What is believed of a member whose first heartbeat has come: about so long until the next. Default 1 s. */
  readonly firstInterval?: Duration;
  /** The deviation is taken to be at least this, from 1 ms to 1 min. Default 200 ms. */
  readonly deviationMin?: Duration;
  /** A silence longer than usual by this is nothing yet. Default 1 s. */
  readonly acceptablePause?: Duration;
  /** Phi from which a silence is suspicious, above 0 and at most 300. Default 5. */
  readonly suspectPhi?: number;
  /** Phi from which it is bad, at least `suspectPhi`. Default 9. */
  readonly unhealthyPhi?: number;
}

const minuteMs = 60_000;

export class PhiAccrualDetector extends JudgingDetector<ArrivalWindow> {
  readonly #window: number;
  readonly #firstMs: number;
  readonly #deviationMinMs: number;
  readonly #pauseMs: number;
  /** Deviations above the mean, pause included, from which a silence is suspicious. */
  readonly #suspectDeviations: number;

  constructor(options: PhiAccrualOptions = {}) {
    const { window = 200, firstInterval = '1s', deviationMin = 200, acceptablePause = '1s' } = options;
    const { suspectPhi = 5, unhealthyPhi = 9, ...judging } = options;
    super(judging, {
      suspect: phiWithin('suspectPhi', suspectPhi, Number.MIN_VALUE),
      unhealthy: phiWithin('unhealthyPhi', unhealthyPhi, suspectPhi),
    });
    this.#window = wholeOf('window', window, 2, windowMax);
    this.#firstMs = lengthMsOf('firstInterval', firstInterval, 1, intervalMaxMs);
    this.#deviationMinMs = lengthMsOf('deviationMin', deviationMin, 1, minuteMs);
    this.#pauseMs = lengthMsOf('acceptablePause', acceptablePause, 0, intervalMaxMs);
    this.#suspectDeviations = deviationsOf(suspectPhi);
  }

  /** A quarter of the first interval to either side: some deviation, as nothing is known. */
  protected fresh(): ArrivalWindow {
    const window = new ArrivalWindow(this.#window);
    window.add(this.#firstMs * 0.75);
    window.add(this.#firstMs * 1.25);
    return window;
  }

  protected learn(window: ArrivalWindow, intervalMs: number): void {
    const longestMs = window.meanMs + this.#pauseMs + this.#suspectDeviations * this.#deviationMs(window);
    window.add(Math.min(intervalMs, longestMs));
  }

  protected suspicionOf(window: ArrivalWindow, silentMs: number): number {
    return phiOf((silentMs - window.meanMs - this.#pauseMs) / this.#deviationMs(window));
  }

  #deviationMs(window: ArrivalWindow): number {
    return Math.max(this.#deviationMinMs, window.deviationMs);
  }
}

function phiWithin(option: string, value: number, least: number): number {
  if (typeof value === 'number' && value >= least && value <= 300) return value;
  throw invalidOption(option, value, least < 1e-300 ? 'above 0 and at most 300' : `from ${least} to 300`);
}
