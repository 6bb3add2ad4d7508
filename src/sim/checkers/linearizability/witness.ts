/**
 * Linearizability by witness: the system itself says in which order it did things, by the revision in each
 * answer, and the checker only has to believe nothing of it. Per key, writes stand in the order of their
 * revisions and each read behind the write of its revision; then (1) no operation may stand before one that
 * had completed before it began, and (2) the model, run through that order, must give the answers that were
 * seen. Operations of unknown outcome have no revision; where the order alone does not explain an answer, a
 * search tries them in the places that real time allows. Sorting is the only part that is not linear.
 *
 * This is more than linearizability: the revisions must be true as well. A history may fail here and be
 * linearizable in another order than the system claims; for the system's authors that is a bug all the same.
 */
import type { HistoryKey, Operation } from '../../history/index.ts';
import { checkFit, type Model } from '../models/index.ts';
import {
  Budget,
  type BudgetOptions,
  gaveUp,
  invalid,
  joinVerdicts,
  type Verdict,
  valid,
} from '../verdict/index.ts';
import { operationsByKey } from './keys.ts';
import { stuckAnomaly } from './linearizable.ts';
import { makesRevision, orderByRevision } from './revision-order.ts';
import { orderedSchedule } from './schedule.ts';
import { search } from './search.ts';

/**
 * Judges each key of the history by the revisions that its answers carry. Gives up (`no-revisions`) on an
 * applied operation that has none. Throws `unfit-history`.
 */
export function checkWitness<State>(
  operations: readonly Operation[],
  model: Model<State>,
  budget: Budget | BudgetOptions = {},
): Verdict {
  checkFit(model, operations);
  const shared = budget instanceof Budget ? budget : new Budget(budget);
  return joinVerdicts(witnessKeys(operationsByKey(operations), model, shared));
}

/** One verdict a key, each begun only when it is asked for. */
export function* witnessKeys<State>(
  groups: ReadonlyMap<HistoryKey, readonly Operation[]>,
  model: Model<State>,
  budget: Budget,
): Generator<Verdict, void, undefined> {
  for (const [key, group] of groups) yield witnessKey(key, group, model, budget);
}

function witnessKey<State>(
  key: HistoryKey,
  group: readonly Operation[],
  model: Model<State>,
  budget: Budget,
): Verdict {
  const applied = group.filter(({ outcome }) => outcome === 'applied');
  const silent = applied.find(({ revision }) => revision === undefined);
  if (silent !== undefined) {
    return gaveUp(
      'no-revisions',
      `operation ${silent.index} on key ${JSON.stringify(key)} has no revision; judge by search`,
    );
  }
  const order = orderByRevision(applied);
  const misplaced = findMisplaced(key, order);
  if (misplaced.verdict !== 'valid') return misplaced;
  if (replays(order, model)) return valid;
  const relevant = model.relevant?.(group) ?? group;
  const unknown = relevant.filter(({ outcome }) => outcome === 'unknown');
  const found = search(model, orderedSchedule(order, unknown), budget);
  if (found.kind === 'found') return valid;
  if (found.kind === 'gave-up')
    return budget.exhausted(found.reason, `the witness of key ${JSON.stringify(key)}`);
  return invalid({ ...stuckAnomaly(key, found, model), name: 'revision-against-value' });
}

/** Two writes of one revision, or an order that stands against real time. */
function findMisplaced(key: HistoryKey, order: readonly Operation[]): Verdict {
  let latest: Operation | undefined;
  let before: Operation | undefined;
  for (const operation of order) {
    if (
      before !== undefined &&
      before.revision === operation.revision &&
      makesRevision(before) &&
      makesRevision(operation)
    ) {
      const reason = `two operations changed it at revision ${operation.revision}`;
      return invalid({ name: 'revision-reused', key, reason, operations: [before, operation] });
    }
    if (latest !== undefined && operation.completeAt < latest.invokeAt) {
      const reason =
        'by revision the first happened before the second, which had ended before the first began';
      return invalid({ name: 'revision-against-real-time', key, reason, operations: [latest, operation] });
    }
    if (latest === undefined || operation.invokeAt > latest.invokeAt) latest = operation;
    before = operation;
  }
  return valid;
}

/** Whether the model, run through the order, gives every answer. */
function replays<State>(order: readonly Operation[], model: Model<State>): boolean {
  let state = model.initial();
  for (const operation of order) {
    const next = model.step(state, operation);
    if (next === undefined) return false;
    state = next;
  }
  return true;
}
