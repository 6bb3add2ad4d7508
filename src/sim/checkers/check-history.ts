/**
 * The one entry: a history, what kind of object it is of, and what it promises. Behind it each pair of model
 * and level has its judges, the cheap and exact ones first; a pair that means nothing is refused, so that
 * nobody takes a question that was not asked for one that was answered.
 *
 *   model         levels
 *   register      linearizable, sequential, causal, session
 *   list-append   linearizable (= strict-serializable), sequential, causal, session,
 *                 serializable, snapshot-isolation, read-committed
 *   lock, counter, queue, and models of the user's own: linearizable
 */
import { invalidOption } from '../../base/index.ts';
import type { History, Scalar } from '../history/index.ts';
import { type CausalKind, checkCausal, checkSequential, checkSessions } from './causality/index.ts';
import { checkCounter, checkLock, checkObject, checkRegister, type LinearizableMethod } from './judges.ts';
import { checkFit, counterModel, type Model, queueModel, registerModel } from './models/index.ts';
import { checkListAppend, checkListSessions, type IsolationLevel } from './transactions/index.ts';
import { Budget, type BudgetOptions, type Verdict } from './verdict/index.ts';

export type ModelName = 'register' | 'list-append' | 'lock' | 'counter' | 'queue';

export type ConsistencyLevel = 'linearizable' | 'session' | IsolationLevel;

export interface CheckOptions {
  /** The kind of object, or a model of the user's own. */
  readonly model: ModelName | Model<unknown>;
  /** Default `linearizable`. */
  readonly level?: ConsistencyLevel;
  /** How linearizability is judged. Default `auto`: by the cheapest exact method that fits. */
  readonly method?: LinearizableMethod;
  /** Which causal consistency. Default `CM`, causal memory. */
  readonly causal?: CausalKind;
  /** What every register (default null) or counter (default 0) holds at first. */
  readonly initial?: Scalar;
  /** True for locks that a pause can outlive: then tokens alone are judged, not mutual exclusion. Default false. */
  readonly locksExpire?: boolean;
  readonly budget?: BudgetOptions;
}

/**
 * Judges a history. Throws `invalid-option` where the model has no such level, and `unfit-history` where the
 * history holds what the model does not know; everything else is in the verdict.
 */
export function checkHistory(history: Pick<History, 'operations'>, options: CheckOptions): Verdict {
  const { model, level = 'linearizable' } = options;
  const budget = new Budget(options.budget);
  const question: Question = { ...options, operations: history.operations, level, budget };
  if (typeof model !== 'string') return judgeOwn(question, model);
  const judge = Object.hasOwn(judges, model) ? judges[model] : undefined;
  if (judge === undefined) throw invalidOption('model', model, `one of ${Object.keys(judges).join(', ')}`);
  return judge(question);
}

interface Question extends Omit<CheckOptions, 'model' | 'level' | 'budget'> {
  readonly operations: History['operations'];
  readonly level: ConsistencyLevel;
  readonly budget: Budget;
}

const judges: Readonly<Record<string, (question: Question) => Verdict>> = {
  register: judgeRegister,
  'list-append': judgeListAppend,
  lock: (question) => {
    onlyLinearizable('lock', question);
    return checkLock(question.operations, { expire: question.locksExpire ?? false, budget: question.budget });
  },
  counter: (question) => {
    onlyLinearizable('counter', question);
    const { initial = 0 } = question;
    if (typeof initial !== 'number') throw invalidOption('initial', initial, 'a number for model counter');
    return checkCounter(question.operations, counterModel(initial), question);
  },
  queue: (question) => judgeOwn(question, queueModel()),
};

function judgeRegister(question: Question): Verdict {
  const { operations, level, budget, initial = null } = question;
  const model = registerModel(initial);
  checkFit(model, operations);
  switch (level) {
    case 'linearizable':
      return checkRegister(operations, model, question);
    case 'sequential':
      return checkSequential(operations, { initial, budget });
    case 'causal':
      return checkCausal(operations, { kind: question.causal ?? 'CM', initial, budget });
    case 'session':
      return checkSessions(operations, { initial });
    default:
      throw unknownLevel('register', level, 'linearizable, sequential, causal, session');
  }
}

const listLevels: readonly ConsistencyLevel[] = [
  'linearizable',
  'strict-serializable',
  'sequential',
  'serializable',
  'snapshot-isolation',
  'causal',
  'read-committed',
  'session',
];

function judgeListAppend({ operations, level }: Question): Verdict {
  if (!listLevels.includes(level)) throw unknownLevel('list-append', level, listLevels.join(', '));
  if (level === 'session') return checkListSessions(operations);
  return checkListAppend(operations, level === 'linearizable' ? 'strict-serializable' : level);
}

function judgeOwn(question: Question, model: Model<unknown>): Verdict {
  onlyLinearizable(model.name, question);
  checkFit(model, question.operations);
  return checkObject(question.operations, model, question);
}

function onlyLinearizable(model: string, { level }: Question): void {
  if (level !== 'linearizable') throw unknownLevel(model, level, 'linearizable');
}

function unknownLevel(model: string, level: string, known: string): Error {
  return invalidOption('level', level, `one of ${known} for model ${model}`);
}
