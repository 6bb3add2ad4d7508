/**
 * A service that is asked to stop stops without anybody noticing: it takes itself out of the way, serves what still
 * comes and what is under way, and goes. Nothing of that may hold it for ever: each step has a limit, a failure ends
 * its step and not the order, and who asks a second time does not want to wait.
 */
import { type Duration, durationMs, invalidOption, linkSignals, untilAborted } from '../../base/index.ts';
import { type Clock, type EndingSignal, type ProcessSignals, pause } from '../../ports/index.ts';
import { realClock, realSignals } from '../../ports/real/index.ts';
import { tellDrain } from './drain-events.ts';
import {
  type DrainOutcome,
  type DrainStep,
  type DrainStepReport,
  drainSteps,
  isPatient,
} from './drain-order.ts';

/** A registration, or anything else that can be taken out of the way and then away. */
export interface DrainTarget {
  /** From now on nothing new is to be sent here; to wait is not its business. */
  drain(options: { readonly settle: 0 }): Promise<unknown>;
  /** It is gone. */
  close(): Promise<unknown>;
}

/** What is under way: an `InFlight`, or who knows it in another way. */
export interface Ongoing {
  readonly count: number;
  /** Resolves when nothing is under way; what does not heed the signal is not waited for. */
  idle(signal: AbortSignal): Promise<void>;
}

export interface DrainHook {
  /** In reports. */
  readonly name: string;
  /** The signal aborts at the limit of hooks; what does not heed it is not waited for. */
  run(signal: AbortSignal): unknown;
}

export interface DrainingOptions {
  /** Default SIGTERM and SIGINT. With an empty list only `begin` begins it. */
  readonly signals?: readonly EndingSignal[];
  /** Health checks that must not speak any more. */
  readonly checks?: { close(): unknown };
  /** So long those who watch have to hear that nothing is to be sent here. Default 2 s. */
  readonly notice?: Duration;
  /** What is waited for. Default: nothing is under way. */
  readonly inFlight?: Ongoing;
  /** So long, behind the notice, what is under way is waited for. Default 30 s. */
  readonly requestsLimit?: Duration;
  /** So long each word with the registry may take. Default 5 s. */
  readonly registryLimit?: Duration;
  /** Called one after the other, at the end. */
  readonly hooks?: readonly DrainHook[];
  /** For each of them. Default 10 s. */
  readonly hookLimit?: Duration;
  readonly ports?: { readonly clock?: Clock; readonly signals?: ProcessSignals };
}

export interface DrainReport {
  /** What it began with; undefined where `begin` was called. */
  readonly signal: EndingSignal | undefined;
  readonly steps: readonly DrainStepReport[];
  /** What was still under way when the registration went. */
  readonly requestsLeft: number;
}

interface DrainLimits {
  readonly noticeMs: number;
  readonly requestsMs: number;
  readonly registryMs: number;
  readonly hookMs: number;
}

/** Listens to signals from now on, until the service is drained or `close` is called. */
export function drainOnSignals(
  target: DrainTarget | readonly DrainTarget[],
  options: DrainingOptions = {},
): Draining {
  return new Draining(Array.isArray(target) ? target : [target as DrainTarget], options);
}

export class Draining implements AsyncDisposable {
  /** Resolves when it is over, to what happened; to undefined where `close` came before it began. Never rejects. */
  readonly finished: Promise<DrainReport | undefined>;
  readonly #targets: readonly DrainTarget[];
  readonly #options: DrainingOptions;
  readonly #limits: DrainLimits;
  readonly #clock: Clock;
  readonly #settle: (report: DrainReport | undefined) => void;
  readonly #unlisten: () => void;
  readonly #begun = new AbortController();
  readonly #hurry = new AbortController();
  readonly #reports: DrainStepReport[] = [];
  #running: Promise<DrainReport> | undefined;

  /** Use `drainOnSignals` to make one. */
  constructor(targets: readonly DrainTarget[], options: DrainingOptions) {
    const { signals = ['SIGTERM', 'SIGINT'], ports = {} } = options;
    this.#targets = targets;
    this.#options = options;
    this.#limits = limitsOf(options);
    this.#clock = ports.clock ?? realClock();
    const { promise, resolve } = Promise.withResolvers<DrainReport | undefined>();
    this.finished = promise;
    this.#settle = resolve;
    this.#unlisten = (ports.signals ?? realSignals()).listen(signals, (signal) => this.#onSignal(signal));
  }

  /** Aborts when it begins: whoever has loops of its own ends them then. */
  get signal(): AbortSignal {
    return this.#begun.signal;
  }

  /** Begins as a signal would. Called again it returns the same promise, and hurries nothing. */
  begin(): Promise<DrainReport> {
    this.#running ??= this.#drain(undefined);
    return this.#running;
  }

  /** From now on nothing is waited for but the registry and the hooks. */
  hurry(): void {
    this.#hurry.abort(new Hurried());
  }

  /** Listens no more. What has begun is waited for. May be called twice. */
  async close(): Promise<void> {
    this.#unlisten();
    if (this.#running === undefined) this.#settle(undefined);
    await this.finished;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #onSignal(signal: EndingSignal): void {
    if (this.#running === undefined) this.#running = this.#drain(signal);
    else this.hurry();
  }

  async #drain(signal: EndingSignal | undefined): Promise<DrainReport> {
    tellDrain(() => ({ type: 'began', signal }));
    this.#begun.abort(new Error('the service is draining'));
    let requestsLeft = 0;
    for (const step of drainSteps) {
      if (step === 'registration') requestsLeft = this.#options.inFlight?.count ?? 0;
      for (const { name, limitMs, run } of this.#tasks(step)) await this.#step(step, name, limitMs, run);
    }
    this.#unlisten();
    const report = { signal, steps: this.#reports, requestsLeft };
    this.#settle(report);
    return report;
  }

  #tasks(step: DrainStep): readonly DrainTask[] {
    const { checks, inFlight, hooks = [] } = this.#options;
    const { noticeMs, requestsMs, registryMs, hookMs } = this.#limits;
    switch (step) {
      case 'checks':
        return checks === undefined ? [] : [{ limitMs: registryMs, run: () => checks.close() }];
      case 'status':
        return [
          { limitMs: registryMs, run: () => eachOf(this.#targets, (target) => target.drain({ settle: 0 })) },
        ];
      case 'notice':
        return [{ limitMs: Number.POSITIVE_INFINITY, run: (signal) => pause(this.#clock, noticeMs, signal) }];
      case 'requests':
        return inFlight === undefined
          ? []
          : [{ limitMs: requestsMs, run: (signal) => inFlight.idle(signal) }];
      case 'registration':
        return [{ limitMs: registryMs, run: () => eachOf(this.#targets, (target) => target.close()) }];
      case 'hooks':
        return hooks.map((hook) => ({ name: hook.name, limitMs: hookMs, run: (signal) => hook.run(signal) }));
    }
  }

  async #step(
    step: DrainStep,
    name: string | undefined,
    limitMs: number,
    run: DrainTask['run'],
  ): Promise<void> {
    const startedMs = this.#clock.now();
    using link = linkSignals(isPatient(step) ? this.#hurry.signal : undefined);
    const onLimit = (): void => link.abort(new OutOfTime());
    const timer = Number.isFinite(limitMs) ? this.#clock.setTimer(limitMs, onLimit) : undefined;
    let outcome: DrainOutcome = 'done';
    let error: unknown;
    try {
      // What nobody waits for is not begun, or its timer would stay.
      link.signal.throwIfAborted();
      await untilAborted(started(run, link.signal), link.signal);
    } catch (cause) {
      outcome = outcomeOf(cause);
      error = outcome === 'failed' ? cause : undefined;
    } finally {
      timer?.cancel();
    }
    const report = { step, name, outcome, tookMs: this.#clock.now() - startedMs, error };
    this.#reports.push(report);
    tellDrain(() => ({ type: 'step', report }));
  }
}

interface DrainTask {
  readonly name?: string;
  readonly limitMs: number;
  readonly run: (signal: AbortSignal) => unknown;
}

/** Reasons of signals, never seen outside. */
class Hurried extends Error {
  override readonly name = 'Hurried';
}
class OutOfTime extends Error {
  override readonly name = 'OutOfTime';
}

function outcomeOf(cause: unknown): DrainOutcome {
  if (cause instanceof Hurried) return 'hurried';
  return cause instanceof OutOfTime ? 'timed-out' : 'failed';
}

/** A task that throws at once fails like one that rejects. */
async function started(run: DrainTask['run'], signal: AbortSignal): Promise<unknown> {
  return await run(signal);
}

/** Each of them, whatever becomes of the others; then it fails if one has. */
async function eachOf(
  targets: readonly DrainTarget[],
  call: (target: DrainTarget) => Promise<unknown>,
): Promise<void> {
  const ends = await Promise.allSettled(targets.map((target) => call(target)));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

function limitsOf(options: DrainingOptions): DrainLimits {
  const {
    notice = '2s',
    requestsLimit = '30s',
    registryLimit = '5s',
    hookLimit = '10s',
    hooks = [],
  } = options;
  for (const hook of hooks) {
    const isHook = typeof hook?.run === 'function' && typeof hook.name === 'string';
    if (!isHook) throw invalidOption('hooks', hook, 'a list of { name, run }');
  }
  return {
    noticeMs: durationMs(notice, 'notice'),
    requestsMs: durationMs(requestsLimit, 'requestsLimit'),
    registryMs: durationMs(registryLimit, 'registryLimit'),
    hookMs: durationMs(hookLimit, 'hookLimit'),
  };
}
