/**
 * How each kind of object is judged for linearizability: which methods, in which order. Whatever order they
 * come in, a method that only proves validity (a witness) or only refutes (bounds) hands over to one that
 * decides, and only the budget ends a search without an answer.
 */
import type { HistoryKey, Operation, Scalar } from '../history/index.ts';
import {
  checkCounterBounds,
  checkZones,
  operationsByKey,
  searchKeys,
  witnessKeys,
} from './linearizability/index.ts';
import { checkGuards, checkTokens } from './locks/index.ts';
import { checkFit, lockModel, type Model } from './models/index.ts';
import { Budget, gaveUp, joinVerdicts, type Verdict, valid } from './verdict/index.ts';

/**
 * `witness` believes the revisions in the answers and tests them; `zones` is for reads and writes of values
 * that all differ; `search` is for everything. `auto` uses zones where they fit, else a witness that passes,
 * else search.
 */
export type LinearizableMethod = 'auto' | 'witness' | 'zones' | 'search';

interface Terms {
  readonly method?: LinearizableMethod;
  readonly budget: Budget;
}

/** Most steps that the attempt to prove a history by its revisions may cost before the search begins. */
const witnessSteps = 5_000_000;

export function checkRegister(operations: readonly Operation[], model: Model<Scalar>, terms: Terms): Verdict {
  const { method = 'auto' } = terms;
  if (method === 'witness' || method === 'search') return checkObject(operations, model, terms);
  const zones = checkZones(operations, { initial: model.initial() });
  if (zones.unsuited.length === 0) return zones.verdict;
  if (method === 'zones') {
    const detail = `key ${JSON.stringify(zones.unsuited[0])} holds a cas, or two writes of one value; judge by search`;
    return joinVerdicts([zones.verdict, gaveUp('values-repeat', detail)]);
  }
  const groups = operationsByKey(operations);
  const unsuited = new Map(zones.unsuited.map((key) => [key, groups.get(key) ?? []]));
  return joinVerdicts([zones.verdict, joinVerdicts(proveOrSearch(unsuited, model, terms.budget))]);
}

/** Any model, by witness or by search. */
export function checkObject<State>(
  operations: readonly Operation[],
  model: Model<State>,
  { method = 'auto', budget }: Terms,
): Verdict {
  const groups = operationsByKey(operations);
  switch (method) {
    case 'witness':
      return joinVerdicts(witnessKeys(groups, model, budget));
    case 'search':
      return joinVerdicts(searchKeys(groups, model, budget));
    case 'zones':
      return gaveUp(
        'values-repeat',
        `zones judge reads and writes of registers, not a ${model.name}; judge by search`,
      );
    default:
      return joinVerdicts(proveOrSearch(groups, model, budget));
  }
}

export function checkCounter(operations: readonly Operation[], model: Model<number>, terms: Terms): Verdict {
  checkFit(model, operations);
  const bounds = checkCounterBounds(operations, { initial: model.initial() });
  return bounds.verdict === 'valid' ? checkObject(operations, model, terms) : bounds;
}

interface LockTerms {
  /** Whether a holder may lose the lock without releasing it. */
  readonly expire: boolean;
  readonly budget: Budget;
}

/** Tokens and guards always; mutual exclusion where nothing expires. */
export function checkLock(operations: readonly Operation[], { expire, budget }: LockTerms): Verdict {
  const model = lockModel();
  const functions = [...model.functions, 'write' as const];
  checkFit(
    { ...model, functions, fits: ({ f, input }) => f !== 'write' || typeof input === 'number' },
    operations,
  );
  const tokens = joinVerdicts([checkTokens(operations), checkGuards(operations)]);
  if (tokens.verdict === 'invalid') return tokens;
  if (expire) return operations.some(heldWithoutToken) ? nothingToJudge : tokens;
  const ofLocks = operations.filter(({ f }) => f !== 'write');
  return joinVerdicts(searchKeys(operationsByKey(ofLocks), model, budget));
}

const nothingToJudge = gaveUp(
  'no-tokens',
  'a lock that expires is judged by its tokens, and an acquire has none; record the tokens',
);

function heldWithoutToken({ f, output }: Operation): boolean {
  return f === 'acquire' && output === true;
}

function* proveOrSearch<State>(
  groups: ReadonlyMap<HistoryKey, readonly Operation[]>,
  model: Model<State>,
  budget: Budget,
): Generator<Verdict, void, undefined> {
  const trial = new Budget({ stepsMax: witnessSteps, memoryBytesMax: budget.memoryBytesMax });
  for (const [key, group] of groups) {
    const one = new Map([[key, group]]);
    const proof = joinVerdicts(witnessKeys(one, model, trial));
    if (proof.verdict === 'valid') yield valid;
    else yield* searchKeys(one, model, budget);
  }
}
