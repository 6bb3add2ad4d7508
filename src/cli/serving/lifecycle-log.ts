/** The life of a served node in its log: each state, the parts as they start and stop, and what goes wrong by the way. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Component, LifecycleProblem, LifecycleState } from '../../membership/index.ts';
import type { Log } from '../../ports/index.ts';

export function logState(log: Log, state: LifecycleState, from: LifecycleState): void {
  // Who is held back while it joins is joining all the same.
  if (state.kind === 'joining' && from.kind === 'joining') return;
  const event = 'node changes its state';
  const fields = { from: from.kind, to: state.kind };
  switch (state.kind) {
    case 'failed':
      log.error(event, { ...fields, error: state.error });
      break;
    case 'degraded':
      // It says the same of itself again when it begins to recover.
      if (state.isRecovering) log.info('node recovers', { why: state.why });
      else log.warn(event, { ...fields, why: state.why });
      break;
    default:
      log.info(event, fields);
  }
}

/** The same part, which tells the log when it has started and when it has stopped. */
export function loggedComponent(component: Component, log: Log): Component {
  const { name } = component;
  return {
    ...component,
    start: async (context) => {
      await component.start(context);
      log.debug('component started', { component: name });
    },
    stop: async (context) => {
      await component.stop(context);
      log.debug('component stopped', { component: name });
    },
  };
}

/** What goes wrong where nobody waits, until disposed of: all lifecycles of a process share the channel. */
export function logProblems(log: Log): Disposable {
  const hear = (message: unknown): void => {
    const { what, error } = message as LifecycleProblem;
    log.warn('lifecycle problem', { what, error });
  };
  const channel = 'quorate:lifecycle:problem';
  subscribe(channel, hear);
  return { [Symbol.dispose]: () => void unsubscribe(channel, hear) };
}
