/**
 * Linearizability by search (Wing and Gong 1993), decided just in time and remembering what failed (Lowe,
 * "Testing for linearizability", 2017; Horn and Kroening, "Faster linearizability checking via
 * P-compositionality", 2015). Depth first over configurations: in each, the operation that returns next must
 * take effect, after none or some of the others under way. Three things keep it small, and lose no answer:
 *
 *   - an operation under way that fits the state and only looks takes effect at once (`configuration.ts`);
 *   - of operations that do the same, only the most urgent is tried (`twins.ts`);
 *   - a configuration no better than one seen is dropped (`configuration-table.ts`).
 *
 * The round that no configuration survives is the first moment at which the history cannot be explained, so a
 * failure names the exact operation at which the system went wrong.
 */
import type { Operation } from '../../history/index.ts';
import type { Model } from '../models/index.ts';
import type { Budget } from '../verdict/index.ts';
import { Configuration } from './configuration.ts';
import { ConfigurationTable } from './configuration-table.ts';
import type { Schedule } from './schedule.ts';

export type SearchOutcome<State> =
  | { readonly kind: 'found'; readonly order: readonly Operation[] }
  | Stuck<State>
  | { readonly kind: 'gave-up'; readonly reason: 'steps' | 'memory' };

/** Nothing can go on from here; of all orders tried, this one got furthest. */
export interface Stuck<State> {
  readonly kind: 'stuck';
  readonly order: readonly Operation[];
  readonly state: State;
  /** It returns next, and no order lets it take effect before. */
  readonly blocked: Operation;
  /** Others under way at that moment that have not taken effect. */
  readonly waiting: readonly Operation[];
}

const none = -1;

/** Looks for an order of the schedule's operations that `model` answers as was seen. */
export function search<State>(model: Model<State>, schedule: Schedule, budget: Budget): SearchOutcome<State> {
  const current = new Configuration(model, schedule, budget);
  if (current.done) return { kind: 'found', order: replay(current, []) };
  const seen = new ConfigurationTable(current.knownWords, current.unknownWords);
  let furthest = seen.insert(current.round, current.state, current.mask, none, none);
  /** The way from the root: configurations, and per configuration the next choice to try. */
  const path = [furthest];
  const nextChoice = [0];
  while (path.length > 0) {
    const depth = path.length - 1;
    const id = path[depth] as number;
    current.restore(seen, id);
    const choice = choose(current, nextChoice[depth] as number);
    if (current.exhausted) return { kind: 'gave-up', reason: 'steps' };
    nextChoice[depth] = choice + 1;
    if (choice === none) {
      path.pop();
      nextChoice.pop();
      continue;
    }
    if (current.done) return { kind: 'found', order: replay(current, [...choices(seen, id), choice]) };
    const child = seen.insert(current.round, current.state, current.mask, id, choice);
    if (child === none) continue;
    path.push(child);
    nextChoice.push(0);
    if (current.round > seen.round(furthest)) furthest = child;
    if (!budget.holds(seen.bytes)) return { kind: 'gave-up', reason: 'memory' };
  }
  return stuck(current, choices(seen, furthest));
}

/** Makes the first possible choice from `from` on and returns it, or -1 when there is none. */
function choose<State>(current: Configuration<State>, from: number): number {
  const end = current.choiceCount;
  for (let choice = from; choice < end; choice += 1) {
    if (current.apply(choice)) return choice;
    if (current.exhausted) return none;
  }
  return none;
}

/** The choices that lead from the root to configuration `id`. */
function choices(seen: ConfigurationTable, id: number): number[] {
  const made: number[] = [];
  for (let at = id; seen.parent(at) !== none; at = seen.parent(at)) made.push(seen.choice(at));
  return made.reverse();
}

/** Makes the choices again, and tells in which order operations took effect. */
function replay<State>(current: Configuration<State>, made: readonly number[]): readonly Operation[] {
  const order: Operation[] = [];
  current.begin(order);
  for (const choice of made) current.apply(choice, order);
  return order;
}

function stuck<State>(current: Configuration<State>, made: readonly number[]): Stuck<State> {
  const order = replay(current, made);
  const { urgent, others } = current.pending();
  return { kind: 'stuck', order, state: current.stateValue(), blocked: urgent, waiting: others };
}
