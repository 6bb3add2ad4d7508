/**
 * Looks again and again, one look at a time. A look that takes too long has seen something critical, whatever becomes
 * of it; while it still hangs no other begins, so that a check that never comes back costs one promise and not one
 * more each time.
 *
 * A process that stood still finds the time of a look over before it has read the answer that came meanwhile. So where
 * the timer itself is late by more than its own length, the look is given that time again, once.
 */
import { type Prng, QuorateError } from '../../base/index.ts';
import type { Clock, Timer } from '../../ports/index.ts';
import type { PollSettings } from './check-settings.ts';
import { type Observation, type Probe, seen, seenFailing } from './observation.ts';

/** What became of one look, beside what was seen: for the counters. */
export type LookResult = Observation['status'] | 'timed-out' | 'hanging' | 'stalled';

export interface Look {
  readonly result: LookResult;
  /** Undefined where nothing was seen. */
  readonly observation: Observation | undefined;
}

export interface PollerOptions {
  readonly settings: PollSettings;
  readonly probe: Probe;
  readonly clock: Clock;
  readonly random: Prng;
  readonly looked: (look: Look) => void;
}

interface Run {
  readonly controller: AbortController;
  readonly startedMs: number;
  /** Nobody waits for its answer any more. */
  isOver: boolean;
  hasMoreTime: boolean;
}

export class Poller {
  readonly #options: PollerOptions;
  #run: Run | undefined;
  #next: Timer | undefined;
  #limit: Timer | undefined;
  #isClosed = false;

  /** The first look comes after a part of the jitter, so that many that start at once do not look at once. */
  constructor(options: PollerOptions) {
    this.#options = options;
    const { intervalMs, jitter } = options.settings;
    this.#plan(intervalMs * jitter * options.random.float());
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#next?.cancel();
    this.#limit?.cancel();
    this.#run?.controller.abort(
      new QuorateError({ code: 'closed', message: 'the check is closed', data: { what: 'health check' } }),
    );
  }

  #plan(delayMs: number): void {
    this.#next = this.#options.clock.setTimer(delayMs, () => this.#look(), { background: true });
  }

  #planNext(startedMs: number): void {
    const { settings, clock, random } = this.#options;
    const spread = settings.jitter * (2 * random.float() - 1);
    this.#plan(Math.max(0, startedMs + settings.intervalMs * (1 + spread) - clock.now()));
  }

  #look(): void {
    const { clock, settings, probe } = this.#options;
    if (this.#run !== undefined) {
      this.#tell('hanging', seen('critical', 'the look before has not come back yet'));
      if (!this.#isClosed) this.#planNext(clock.now());
      return;
    }
    const run: Run = {
      controller: new AbortController(),
      startedMs: clock.now(),
      isOver: false,
      hasMoreTime: false,
    };
    this.#run = run;
    this.#limitTo(run, settings.timeoutMs);
    probe(run.controller.signal).then(
      (observation) => this.#onEnd(run, observation),
      (error: unknown) => this.#onEnd(run, seenFailing(error)),
    );
  }

  #limitTo(run: Run, timeoutMs: number): void {
    const { clock } = this.#options;
    const dueMs = clock.now() + timeoutMs;
    const onLimit = (): void => this.#onLimit(run, clock.now() - dueMs);
    this.#limit = clock.setTimer(timeoutMs, onLimit, { background: true });
  }

  #onLimit(run: Run, lateMs: number): void {
    const { timeoutMs } = this.#options.settings;
    if (lateMs > timeoutMs && !run.hasMoreTime) {
      run.hasMoreTime = true;
      this.#limitTo(run, timeoutMs);
      this.#tell('stalled', undefined);
      return;
    }
    run.isOver = true;
    const message = `no answer within ${timeoutMs} ms`;
    run.controller.abort(
      new QuorateError({ code: 'deadline-exceeded', message, data: { milliseconds: timeoutMs } }),
    );
    this.#tell('timed-out', seen('critical', message));
    if (!this.#isClosed) this.#planNext(run.startedMs);
  }

  #onEnd(run: Run, observation: Observation): void {
    if (this.#run === run) this.#run = undefined;
    if (run.isOver || this.#isClosed) return;
    run.isOver = true;
    this.#limit?.cancel();
    this.#tell(observation.status, observation);
    if (!this.#isClosed) this.#planNext(run.startedMs);
  }

  #tell(result: LookResult, observation: Observation | undefined): void {
    this.#options.looked({ result, observation });
  }
}
