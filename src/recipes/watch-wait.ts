/**
 * A wait for something that others bring about: a watch is read until what it shows is what is waited for, until the
 * caller's time or signal ends it, or until the coordination is closed.
 */
import { durationMs, linkSignals, QuorateError } from '../base/index.ts';
import type { WatchTarget } from '../engines/port/index.ts';
import { PresentItems } from './present-items.ts';
import type { RecipeContext } from './recipe-context.ts';

/** So long who does not wait at all waits for what is there, as for any other answer. */
const answerMsMax = 5_000;

export interface UntilOptions {
  /**
   * How long to wait at most, before it rejects with `deadline-exceeded`. 0: what is there at first decides. Default: as
   * long as `signal` lets it.
   */
  readonly waitMs?: number;
  readonly signals: readonly (AbortSignal | undefined)[];
  /** What is waited for, for the error: `barrier start to open`. */
  readonly what: string;
}

/**
 * What `look` makes of what is there, as soon as it makes something of it. It is asked after each change, and its
 * signal aborts when the wait is over.
 */
export async function untilSeen<T>(
  context: RecipeContext,
  target: WatchTarget,
  { waitMs, signals, what }: UntilOptions,
  look: (present: PresentItems, signal: AbortSignal) => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const { engine, closed } = context;
  using limit = linkSignals(closed, ...signals);
  const isNone = waitMs === 0;
  const forMs = isNone ? answerMsMax : waitMs;
  const onTime = (): void => limit.abort(waitedInVain(what, forMs ?? 0));
  const timer = forMs === undefined ? undefined : engine.clock.setTimer(forMs, onTime);
  const present = new PresentItems();
  try {
    for await (const batch of engine.watch(target, { signal: limit.signal })) {
      present.apply(batch);
      const seen = await look(present, limit.signal);
      if (seen !== undefined) return seen;
      if (isNone) throw waitedInVain(what, 0);
    }
    throw limit.signal.reason;
  } finally {
    timer?.cancel();
  }
}

/** Of a `wait` option. */
export function waitMsOf(wait: Parameters<typeof durationMs>[0] | undefined): { readonly waitMs?: number } {
  return wait === undefined ? {} : { waitMs: durationMs(wait, 'wait') };
}

function waitedInVain(what: string, waitMs: number): QuorateError<'deadline-exceeded'> {
  return new QuorateError({
    code: 'deadline-exceeded',
    message: `waited ${waitMs} ms for ${what}, in vain; wait again, or longer`,
    data: { milliseconds: waitMs },
    outcome: 'not-applied',
  });
}
