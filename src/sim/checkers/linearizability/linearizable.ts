/**
 * The verdict by search: one search per key, one budget for all, and a story for each key that fails: the last
 * operations that could be placed, the object's state behind them, and the operation that found no place.
 */
import type { HistoryKey, Operation } from '../../history/index.ts';
import { checkFit, type Model } from '../models/index.ts';
import {
  type Anomaly,
  Budget,
  type BudgetOptions,
  invalid,
  joinVerdicts,
  type Verdict,
  valid,
} from '../verdict/index.ts';
import { operationsByKey } from './keys.ts';
import { realTimeSchedule } from './schedule.ts';
import { type Stuck, search } from './search.ts';

/** How many of the placed operations a story shows, and of those that could still take effect. */
const prefixShown = 8;
const waitingShown = 8;

/** Whether each key of the history behaves as `model`, by search. Throws `unfit-history`. */
export function checkLinearizable<State>(
  operations: readonly Operation[],
  model: Model<State>,
  budget: Budget | BudgetOptions = {},
): Verdict {
  checkFit(model, operations);
  const shared = budget instanceof Budget ? budget : new Budget(budget);
  return joinVerdicts(searchKeys(operationsByKey(operations), model, shared));
}

/** One verdict a key; the search of a key begins only when its verdict is asked for. */
export function* searchKeys<State>(
  groups: ReadonlyMap<HistoryKey, readonly Operation[]>,
  model: Model<State>,
  budget: Budget,
): Generator<Verdict, void, undefined> {
  for (const [key, group] of groups) yield searchKey(key, group, model, budget);
}

function searchKey<State>(
  key: HistoryKey,
  group: readonly Operation[],
  model: Model<State>,
  budget: Budget,
): Verdict {
  const relevant = model.relevant?.(group) ?? group;
  const foreseeing: Model<unknown> = model.withForesight?.(relevant) ?? model;
  const outcome = search(foreseeing, realTimeSchedule(relevant), budget);
  switch (outcome.kind) {
    case 'found':
      return valid;
    case 'stuck':
      return invalid(stuckAnomaly(key, outcome, foreseeing));
    case 'gave-up':
      return budget.exhausted(outcome.reason, `the search on key ${JSON.stringify(key)}`);
  }
}

/** The story of a search that failed. */
export function stuckAnomaly<State>(key: HistoryKey, stuck: Stuck<State>, model: Model<State>): Anomaly {
  const { order, state, blocked, waiting } = stuck;
  const shown = order.slice(-prefixShown);
  const helpless = waiting.slice(0, waitingShown);
  const placed = `${shown.length} of ${order.length} placed`;
  const others =
    waiting.length === 0 ? '' : `, then ${helpless.length} of ${waiting.length} that could not help`;
  return {
    name: 'not-linearizable',
    key,
    reason:
      `the ${model.name} ${model.show(state)} after the operations that can be placed, and no order lets the last ` +
      `operation below take effect before it ended (shown: the last ${placed}${others}, then the one that is stuck)`,
    operations: [...shown, ...helpless, blocked],
  };
}
