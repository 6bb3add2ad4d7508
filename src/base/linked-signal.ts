/**
 * One signal that follows several others. `AbortSignal.any` keeps its sources reachable and has leaked in
 * several runtimes; a plain listener stays on a long-lived signal after the short-lived wait is over. This
 * one is disposed when the wait ends, on every path, and takes its listeners with it.
 */

export interface LinkedSignal extends Disposable {
  readonly signal: AbortSignal;
  /** Aborts with `reason`, as a source would. The first reason stays. */
  abort(reason: unknown): void;
}

/** Follows `sources`; those that are `undefined` are skipped, so that optional signals need no branch. */
export function linkSignals(...sources: readonly (AbortSignal | undefined)[]): LinkedSignal {
  const controller = new AbortController();
  const removals: (() => void)[] = [];

  const unlink = (): void => {
    for (const remove of removals.splice(0)) remove();
  };
  const abort = (reason: unknown): void => {
    unlink();
    controller.abort(reason);
  };

  for (const source of sources) {
    if (source === undefined) continue;
    if (source.aborted) {
      abort(source.reason);
      break;
    }
    const listener = (): void => abort(source.reason);
    source.addEventListener('abort', listener, { once: true });
    removals.push(() => source.removeEventListener('abort', listener));
  }
  return { signal: controller.signal, abort, [Symbol.dispose]: unlink };
}
