/**
 * How an item leaves that a session would keep alive, since the session is shared and lives on: tried again until the
 * server has said that it is gone, or the session is over, with which it vanishes anyway. Keys of lines are never
 * made twice, so a deletion that comes late takes nothing from anybody.
 */

import { isQuorateError } from '../base/index.ts';
import type {
  Engine,
  EngineSession,
  Mark,
  OperationResult,
  TransactAnswer,
  TransactRequest,
} from '../engines/port/index.ts';
import { pause } from '../ports/index.ts';

const pauseMsMin = 50;
const pauseMsMax = 1_000;

/** The mark of when it was gone, as far as that is known. Rejects with what trying again would not mend; the item stays until the session ends. */
export async function removeItem(
  engine: Engine,
  session: EngineSession,
  key: string,
): Promise<Mark | undefined> {
  const answer = await untilTransacted(engine, session, { operations: [{ kind: 'delete', key }] });
  return answer?.succeeded === true ? answer.mark : undefined;
}

/** What a request goes on being tried for: a session, or what is held by one. */
export type Lifeline = Pick<EngineSession, 'isLive' | 'over'>;

/** The results of a request that may be carried out many times over; undefined when the session is over. */
export async function untilDone(
  engine: Engine,
  lifeline: Lifeline,
  request: TransactRequest,
): Promise<readonly OperationResult[] | undefined> {
  const answer = await untilTransacted(engine, lifeline, request);
  return answer?.succeeded === false ? [] : answer?.results;
}

async function untilTransacted(
  engine: Engine,
  lifeline: Lifeline,
  request: TransactRequest,
): Promise<TransactAnswer | undefined> {
  return await untilAnswered(engine, lifeline, (signal) => engine.transact({ ...request, signal }));
}

/** The same for whatever may be asked many times over. */
export async function untilAnswered<T>(
  engine: Engine,
  lifeline: Lifeline,
  ask: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const { over } = lifeline;
  for (let waitMs = pauseMsMin; ; waitMs = Math.min(2 * waitMs, pauseMsMax)) {
    if (!lifeline.isLive) return undefined;
    try {
      return await ask(over);
    } catch (error) {
      if (over.aborted) return undefined;
      const isFinal = !isQuorateError(error) || (!error.retryable && error.outcome === 'not-applied');
      if (isFinal) throw error;
    }
    try {
      await pause(engine.clock, waitMs, over);
    } catch (reason) {
      if (over.aborted) return undefined;
      throw reason;
    }
  }
}
