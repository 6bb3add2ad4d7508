/**
 * An abort that must reach a body which is read long after its call has been answered. The caller's signal may live as
 * long as the program, so nothing that it holds may hold the body: it knows the controller weakly, the controller lives
 * as long as the body, and the listener is taken away when the body has been collected. `AbortSignal.any` is meant for
 * this, and has leaked in several runtimes. Some at the edge let no program see what is collected: there the listener
 * stays as long as the signal, which lives no longer than the request that it came with.
 */
const controllers = new WeakMap<object, AbortController>();
const collected =
  typeof FinalizationRegistry === 'undefined'
    ? undefined
    : /* @__PURE__ */ new FinalizationRegistry<() => void>((forget) => forget());

/** Aborts `controller` with the reason of `signal`, for as long as somebody may still read `body`. */
export function followWhileRead(signal: AbortSignal, controller: AbortController, body: object): void {
  const known = typeof WeakRef === 'undefined' ? { deref: () => controller } : new WeakRef(controller);
  const listener = (): void => known.deref()?.abort(signal.reason);
  controllers.set(body, controller);
  signal.addEventListener('abort', listener, { once: true });
  collected?.register(body, () => signal.removeEventListener('abort', listener));
}
