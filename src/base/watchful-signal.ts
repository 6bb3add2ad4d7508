/**
 * A signal that looks at the clock when it is read. A timer that should have aborted it comes late when the process
 * stood still: stopped by a signal of the system, or by a loop of its own that held the events up. Code that runs
 * first after that, and asks the signal before it does something guarded, would be told that all is well. So reading
 * it looks first. The alternative, a signal class of our own, would not be one to `fetch` and its like, which take
 * only the platform's; so the platform's gets properties of its own, which stand before those of its class.
 */

const aborted = getterOf('aborted');
const reason = getterOf('reason');

/** The same signal; whoever reads it causes `look`, which aborts it when it is time. */
export function watchfulSignal(signal: AbortSignal, look: () => void): AbortSignal {
  const lookFirst = <T>(read: () => T): T => {
    if (aborted.call(signal) !== true) look();
    return read();
  };
  return Object.defineProperties(signal, {
    aborted: { get: () => lookFirst(() => aborted.call(signal)) },
    reason: { get: () => lookFirst(() => reason.call(signal)) },
    throwIfAborted: {
      value: (): void => {
        if (lookFirst(() => aborted.call(signal)) === true) throw reason.call(signal);
      },
    },
  });
}

function getterOf(property: 'aborted' | 'reason'): () => unknown {
  const { get } = Object.getOwnPropertyDescriptor(AbortSignal.prototype, property) ?? {};
  if (get === undefined) throw new TypeError(`AbortSignal has no getter ${property} on this platform`);
  return get;
}
