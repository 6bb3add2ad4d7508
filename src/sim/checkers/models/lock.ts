/**
 * A lock that one process holds until it releases it. Tokens, where the system gives them, grow with each new
 * holder. An acquire of unknown outcome may have been granted: its process never acts again, so it holds the
 * lock for ever in the orders where it was. Locks that expire are judged by their tokens alone, elsewhere:
 * a holder that paused for too long honestly believes in what it has lost.
 */
import type { Operation } from '../../history/index.ts';
import type { Model } from './model.ts';

export interface LockState {
  /** The process that holds the lock, or -1. */
  readonly holder: number;
  /** The greatest token given, or -1. */
  readonly token: number;
}

export function lockModel(): Model<LockState> {
  return {
    name: 'lock',
    functions: ['acquire', 'release'],
    dependsOnProcess: true,
    initial: () => ({ holder: -1, token: -1 }),
    step: (state, operation) =>
      operation.f === 'acquire' ? stepAcquire(state, operation) : stepRelease(state, operation),
    onlyLooks: ({ output }) => output === false,
    identity: ({ holder, token }) => `${holder}/${token}`,
    show: ({ holder, token }) => {
      const last = token < 0 ? '' : `, last token ${token}`;
      return holder < 0 ? `is free${last}` : `is held by process ${holder}${last}`;
    },
  };
}

function stepAcquire(state: LockState, { process, output }: Operation): LockState | undefined {
  if (output === false) return state.holder < 0 ? undefined : state;
  if (state.holder >= 0) return undefined;
  if (typeof output !== 'number') return { holder: process, token: state.token };
  return output > state.token ? { holder: process, token: output } : undefined;
}

function stepRelease(state: LockState, { process, input, output }: Operation): LockState | undefined {
  const yours = state.holder === process && (input === null || state.token < 0 || input === state.token);
  if (output === false) return yours ? undefined : state;
  return yours ? { holder: -1, token: state.token } : undefined;
}
