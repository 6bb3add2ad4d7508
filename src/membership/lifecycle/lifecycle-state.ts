/**
 * The life of a node as a table: its states, what may come in each, and where that leads. Pure, so that every row of it
 * can be looked at; who carries out what a state means is the lifecycle beside it.
 */

export type LifecycleState =
  /** Before the start (`hasRun` is false) and behind the end; `problems` is what would not stop as it should. */
  | { readonly kind: 'stopped'; readonly hasRun: boolean; readonly problems: readonly unknown[] }
  /** Components start, one behind the other. */
  | { readonly kind: 'starting' }
  /** It joins the others, and fetches what it lacks. `degradedBy`: what holds it back once it has joined. */
  | { readonly kind: 'joining'; readonly degradedBy?: string }
  | { readonly kind: 'running' }
  /** It serves what it can. `isRecovering`: the cause is gone, and it fetches what it has missed. */
  | { readonly kind: 'degraded'; readonly why: string; readonly isRecovering: boolean }
  /** Components stop, the last one started first. */
  | { readonly kind: 'leaving'; readonly why: string }
  /** For good: the components are stopped, or being stopped. */
  | { readonly kind: 'failed'; readonly error: unknown };

export type LifecycleStateName = LifecycleState['kind'];

export type LifecycleInput =
  | { readonly kind: 'start' }
  /** All components have started. */
  | { readonly kind: 'started' }
  /** It is among the others, and has what it lacked. */
  | { readonly kind: 'joined' }
  | { readonly kind: 'degrade'; readonly why: string }
  /** What degraded it is over. */
  | { readonly kind: 'restore' }
  /** It has fetched what it had missed. */
  | { readonly kind: 'recovered' }
  | { readonly kind: 'leave'; readonly why: string }
  /** All components have stopped. */
  | { readonly kind: 'left'; readonly problems: readonly unknown[] }
  | { readonly kind: 'fail'; readonly error: unknown };

type Row = Partial<Record<LifecycleInput['kind'], LifecycleStateName>>;

/** What is missing in a row changes nothing in that state. */
const table: Readonly<Record<LifecycleStateName, Row>> = {
  stopped: { start: 'starting', leave: 'stopped' },
  starting: { started: 'joining', leave: 'leaving', fail: 'failed' },
  joining: { joined: 'running', degrade: 'joining', restore: 'joining', leave: 'leaving', fail: 'failed' },
  running: { degrade: 'degraded', leave: 'leaving', fail: 'failed' },
  degraded: {
    degrade: 'degraded',
    restore: 'degraded',
    recovered: 'running',
    leave: 'leaving',
    fail: 'failed',
  },
  leaving: { left: 'stopped' },
  failed: {},
};

/** The state behind `input`; undefined where it changes nothing. */
export function nextState(state: LifecycleState, input: LifecycleInput): LifecycleState | undefined {
  if (table[state.kind][input.kind] === undefined) return undefined;
  switch (input.kind) {
    case 'start':
      return state.kind === 'stopped' && !state.hasRun ? { kind: 'starting' } : undefined;
    case 'started':
      return { kind: 'joining' };
    case 'joined': {
      const why = state.kind === 'joining' ? state.degradedBy : undefined;
      return why === undefined ? { kind: 'running' } : { kind: 'degraded', why, isRecovering: false };
    }
    case 'degrade': {
      if (state.kind === 'joining') return { kind: 'joining', degradedBy: input.why };
      return { kind: 'degraded', why: input.why, isRecovering: false };
    }
    case 'restore': {
      if (state.kind !== 'degraded') return { kind: 'joining' };
      return state.isRecovering ? undefined : { ...state, isRecovering: true };
    }
    case 'recovered':
      return state.kind === 'degraded' && state.isRecovering ? { kind: 'running' } : undefined;
    case 'leave':
      if (state.kind !== 'stopped') return { kind: 'leaving', why: input.why };
      // It will never run.
      return state.hasRun ? undefined : { kind: 'stopped', hasRun: true, problems: [] };
    case 'left':
      return { kind: 'stopped', hasRun: true, problems: input.problems };
    case 'fail':
      return { kind: 'failed', error: input.error };
  }
}
