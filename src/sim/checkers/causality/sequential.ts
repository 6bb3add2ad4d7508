/**
 * Sequential consistency of registers (Lamport 1979): one order of all operations on all keys that keeps the
 * order of each process and explains every answer. Real time does not matter, so a process may lag behind; and
 * unlike linearizability it cannot be judged key by key. The problem is NP-complete even when it is known which
 * write each read saw (Gibbons and Korach 1997), so what cheap judges leave open goes to a search with a budget:
 *
 *   1. A linearizable history is sequentially consistent.
 *   2. One that is not causally consistent, as memory or in convergence, is not.
 *   3. Else depth first over interleavings, remembering those that failed.
 */
import type { Operation, Scalar } from '../../history/index.ts';
import { ConfigurationTable, checkZones } from '../linearizability/index.ts';
import { checkFit, registerModel } from '../models/index.ts';
import { Budget, type BudgetOptions, invalid, type Verdict, valid } from '../verdict/index.ts';
import { checkCausal } from './causal.ts';
import { Interleaving } from './interleaving.ts';
import { buildProgram, type RegisterProgram } from './register-program.ts';

export interface SequentialOptions {
  /** What every register holds at first. Default null. */
  readonly initial?: Scalar;
  readonly budget?: Budget | BudgetOptions;
}

/** Judges a history of register operations. Throws `unfit-history`. */
export function checkSequential(operations: readonly Operation[], options: SequentialOptions = {}): Verdict {
  const { initial = null, budget = {} } = options;
  checkFit(registerModel(initial), operations);
  const shared = budget instanceof Budget ? budget : new Budget(budget);
  const zones = checkZones(operations, { initial });
  if (zones.verdict.verdict === 'valid' && zones.unsuited.length === 0) return valid;
  for (const kind of ['CM', 'CCv'] as const) {
    const causal = checkCausal(operations, { kind, initial, budget: shared });
    if (causal.verdict === 'invalid') return causal;
  }
  return searchInterleavings(buildProgram(operations, initial), shared);
}

const none = -1;
/** How many operations that want a value a story shows. */
const wantingShown = 4;

function searchInterleavings(program: RegisterProgram, budget: Budget): Verdict {
  const current = new Interleaving(program);
  current.settle();
  if (current.remaining === 0) return valid;
  const seen = new ConfigurationTable(current.cells.length, 0);
  const cells = new Int32Array(current.cells.length);
  const path = [seen.insert(0, 0, current.cells, none, none)];
  const untried = [choices(current, program)];
  let best = { remaining: current.remaining, id: 0 };
  while (path.length > 0) {
    const id = path.at(-1) as number;
    const choice = untried.at(-1)?.pop();
    if (choice === undefined) {
      path.pop();
      untried.pop();
      continue;
    }
    seen.readMask(id, cells);
    current.restore(cells);
    if (!budget.spend(current.processCount))
      return budget.exhausted('steps', 'the search for a sequential order');
    if (!current.take(choice)) continue;
    if (current.remaining === 0) return valid;
    const child = seen.insert(0, 0, current.cells, id, choice);
    if (child === none) continue;
    if (!budget.holds(seen.bytes)) return budget.exhausted('memory', 'the search for a sequential order');
    if (current.remaining < best.remaining) best = { remaining: current.remaining, id: child };
    path.push(child);
    untried.push(choices(current, program));
  }
  seen.readMask(best.id, cells);
  current.restore(cells);
  return stuckVerdict(current, program);
}

/** The processes that can go on, the one that was invoked first last: it is tried first, as most systems do. */
function choices(current: Interleaving, program: RegisterProgram): number[] {
  const invokedAt = (process: number): number => operationAt(program, current.head(process)).invokeAt;
  return Array.from({ length: current.processCount }, (_, process) => process)
    .filter((process) => current.head(process) >= 0)
    .sort((left, right) => invokedAt(right) - invokedAt(left));
}

function stuckVerdict(current: Interleaving, program: RegisterProgram): Verdict {
  const heads = Array.from({ length: current.processCount }, (_, process) => current.head(process));
  const stuck = heads.filter((step) => step >= 0 && program.optional[step] === 0);
  const wanting = current.wanting().slice(0, wantingShown);
  return invalid({
    name: 'not-sequential',
    key: null,
    reason:
      'of all interleavings that keep the order of each process, none explains every answer; the one that gets ' +
      `furthest leaves ${current.remaining} operations: first what each process does next, then what must come ` +
      'before its value is overwritten',
    operations: [...new Set([...stuck, ...wanting])].map((step) => operationAt(program, step)),
  });
}

function operationAt(program: RegisterProgram, step: number): Operation {
  return program.operations[program.operationOf[step] as number] as Operation;
}
