/**
 * A claim of an idempotency key on an engine, and how it ends: what became of its call takes the place of its record,
 * and its holder goes in the same transaction, on the condition that the record is as the claim left it.
 */
import { isQuorateError } from '../../base/index.ts';
import type { Operation, TransactRequest } from '../../engines/port/index.ts';
import type { AnswerClaim } from '../../resilience/index.ts';
import type { RecipeContext } from '../recipe-context.ts';
import { type Lifeline, untilDone } from '../removal.ts';
import type { SessionUse } from '../session-pool.ts';
import { type AnswerRecord, encodeRecord } from './answer-record.ts';

/** Where a key lies. */
export interface Place {
  readonly record: string;
  readonly holder: string;
}

interface EngineClaimInit {
  readonly context: RecipeContext;
  readonly place: Place;
  readonly use: SessionUse;
  readonly pending: AnswerRecord;
  /** The doubt that it has taken over. */
  readonly before: Uint8Array | undefined;
  readonly modified: number;
}

export class EngineClaim implements AnswerClaim {
  readonly #init: EngineClaimInit;

  constructor(init: EngineClaimInit) {
    this.#init = init;
  }

  /** What cannot be kept is in doubt: the call was carried out, and nobody can be told with what answer. */
  async answer(value: unknown): Promise<void> {
    try {
      await this.#settle('answered', { value });
    } catch (error) {
      if (isFinal(error)) await this.#settle('in-doubt', {});
      throw error;
    }
  }

  doubt(): Promise<void> {
    return this.#settle('in-doubt', {});
  }

  free(): Promise<void> {
    const { place, modified, before } = this.#init;
    return this.#write(settling(place, modified, before));
  }

  async #settle(state: 'answered' | 'in-doubt', answer: Pick<AnswerRecord, 'value'>): Promise<void> {
    const { context, place, pending, modified } = this.#init;
    const record: AnswerRecord = {
      ...pending,
      ...answer,
      state,
      writtenAtMs: context.engine.clock.wall(),
    };
    await this.#write(settling(place, modified, encodeRecord(record, place.record)));
  }

  /**
   * Once while the caller waits, who may then be sure that a second call is given the same; afterwards in the
   * background, until the engine answers or this store is closed. Where somebody has taken the key over nothing is written.
   */
  async #write(request: TransactRequest): Promise<void> {
    const { context, place, use } = this.#init;
    const { engine } = context;
    try {
      await engine.transact(request);
    } catch (error) {
      if (isFinal(error)) {
        use.release();
        throw error;
      }
      context.inBackground(`writing ${place.record}`, async () => {
        try {
          await untilDone(engine, lifelineOf(context), request);
        } finally {
          use.release();
        }
      });
      throw error;
    }
    use.release();
  }
}

/** What trying again would not mend. */
function isFinal(error: unknown): boolean {
  return !isQuorateError(error) || (!error.retryable && error.outcome === 'not-applied');
}

/** Longer than the session of a claim: an answer that can be written later is better than a doubt. */
export function lifelineOf({ closed }: RecipeContext): Lifeline {
  return {
    get isLive() {
      return !closed.aborted;
    },
    over: closed,
  };
}

/** The end of a claim that is as it was made, with another record in its place or with none. */
export function settling(place: Place, modified: number, record: Uint8Array | undefined): TransactRequest {
  const { record: key, holder } = place;
  const operation: Operation =
    record === undefined ? { kind: 'delete', key } : { kind: 'put', key, value: record };
  return {
    when: [{ key, is: 'unchanged', modified }],
    operations: [operation, { kind: 'delete', key: holder }],
  };
}
