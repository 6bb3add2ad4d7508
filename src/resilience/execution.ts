/**
 * How a call begins that says something of itself: a signal, a limit of time, a key. Whoever gives up is answered at
 * once with his signal's reason, whatever the task does with its own; what is still under way then hears of it and
 * is nobody's any more.
 */
import { type Duration, durationMs, invalidOption, QuorateError } from '../base/index.ts';
import type { Clock } from '../ports/index.ts';
import {
  AbortableCall,
  type AbortWatcher,
  Call,
  type CallContext,
  type CallTraits,
  type Priority,
  plainTraits,
} from './call.ts';

export interface ExecuteOptions {
  /** Ends the call: it rejects at once with the signal's reason. */
  readonly signal?: AbortSignal;
  /**
   * Carrying it out twice does no more than once, so a try whose outcome is unknown may be followed by another one.
   * Default false.
   */
  readonly idempotent?: boolean;
  /** For all of it, tries and pauses included; what answers later is not waited for. Default: no limit but the policies'. */
  readonly timeout?: Duration;
  /** What is shed first. Default `normal`. */
  readonly priority?: Priority;
  /** What keyed policies tell calls apart by: an upstream's name, a customer, an idempotency key. */
  readonly key?: string;
  /**
   * What the request says, in short, such as a digest of its body: `idempotencyKeys` refuses a call whose key stands
   * for another one. Default: none.
   */
  readonly fingerprint?: string;
  /**
   * The call around this one, as its task was given it: its signal, deadline, priority and idempotence go on here. Its
   * key does not: what it asks within is something else, and would be given an answer to what it was asked itself.
   */
  readonly within?: CallContext;
}

/** The highest first. */
export const priorities: readonly Priority[] = ['critical', 'high', 'normal', 'low'];

/** Never throws: what is wrong with the options rejects, as everything else. */
export async function executeWith<T>(
  run: (call: Call) => Promise<T>,
  clock: Clock,
  options: ExecuteOptions,
): Promise<T> {
  const outer = outerOf(options.within, clock);
  const traits = traitsOf(options, outer?.traits ?? plainTraits);
  const { signal, timeout } = options;
  outer?.throwIfAborted();
  if (signal === undefined && timeout === undefined) return run(new Call(clock, traits, outer));
  signal?.throwIfAborted();
  if (timeout === undefined) return endable(run, new AbortableCall(clock, traits, outer), signal);
  const limitMs = durationMs(timeout, 'timeout');
  const call = new AbortableCall(clock, traits, outer, clock.now() + limitMs);
  const timer = clock.setTimer(limitMs, () => call.abort(tooLate(limitMs)));
  try {
    return await endable(run, call, signal);
  } finally {
    timer.cancel();
  }
}

/** Until it has an answer, or is aborted by `signal`, by its own limit, or from outside. */
function endable<T>(run: (call: Call) => Promise<T>, call: AbortableCall, signal?: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    let work: Promise<T> | undefined;
    const onSignal = (): void => call.abort(signal?.reason);
    const finish = (): void => {
      signal?.removeEventListener('abort', onSignal);
      call.unwatch(watcher);
      call.end();
    };
    const watcher: AbortWatcher = {
      onAbort: (reason) => {
        finish();
        if (work !== undefined) call.leaveBehind(work);
        reject(reason);
      },
    };
    signal?.addEventListener('abort', onSignal, { once: true });
    call.watch(watcher);
    try {
      work = run(call);
    } catch (error) {
      // A policy of somebody else; those here reject.
      finish();
      throw error;
    }
    // A task may give its own call up before it has returned.
    if (call.isAborted) call.leaveBehind(work);
    work.then(resolve, reject).finally(finish);
  });
}

function outerOf(within: CallContext | undefined, clock: Clock): Call | undefined {
  if (within === undefined) return undefined;
  if (!(within instanceof Call)) {
    throw invalidOption('within', within, 'the call that a task was given as its argument, as it is');
  }
  if (within.clock !== clock) {
    throw invalidOption(
      'within',
      within,
      'a call of policies with the same clock, or their deadlines mean nothing here',
    );
  }
  return within;
}

function traitsOf(options: ExecuteOptions, outer: CallTraits): CallTraits {
  const { idempotent = outer.idempotent, priority = outer.priority, key, fingerprint } = options;
  if (!priorities.includes(priority))
    throw invalidOption('priority', priority, `one of ${priorities.join(', ')}`);
  // A text such as 'no' is true, and would have calls repeated that must not be.
  if (typeof idempotent !== 'boolean') throw invalidOption('idempotent', idempotent, 'true or false');
  return { idempotent, priority, key, fingerprint };
}

function tooLate(limitMs: number): QuorateError<'deadline-exceeded'> {
  return new QuorateError({
    code: 'deadline-exceeded',
    message: `no answer within the ${limitMs} ms that the call was given; allow more time, or find out what is slow`,
    data: { milliseconds: limitMs },
  });
}
