/** Each kind of operation as its part of a transaction: what is compared, what is done, and how the answer is read. */
import type { AddOperation, Condition, CounterChange, Operation, OperationResult } from '../port/index.ts';
import type { OperationAnswer } from './answers.ts';
import { type Layout, textBytes } from './layout.ts';
import type { Compare, RequestOperation } from './requests.ts';

type Append = Extract<Operation, { readonly kind: 'append' }>;
type Put = Extract<Operation, { readonly kind: 'put' }>;
type Counters = ReadonlyMap<string, CounterStep>;

export interface CounterStep extends CounterChange {
  /** Of the item that was read; 0: there was none. */
  readonly modified: number;
}

export interface Step {
  compares(counters: Counters): readonly Compare[];
  operations(counters: Counters): readonly RequestOperation[];
  /** `answers` are those to its own operations. */
  result(
    answers: readonly OperationAnswer[],
    state: { readonly revision: number; readonly counters: Counters },
  ): OperationResult;
}

export interface StepOptions {
  readonly layout: Layout;
  /** 0: none. */
  readonly lease: number;
  readonly when: readonly Condition[];
}

const none: readonly Compare[] = [];

/** As `etcdctl lock` names its own, which are numbers of leases: by what is different each time. */
export function appendKey({ directory, label, id }: Append): string {
  return `${directory}/${label}-${id}`;
}

export function stepOf(operation: Operation, options: StepOptions): Step {
  switch (operation.kind) {
    case 'put':
      return putStep(operation, options);
    case 'delete':
      return deleteStep(operation.key, options);
    case 'append':
      return appendStep(operation, options);
    case 'add':
      return addStep(operation, options);
  }
}

function putStep({ key, value }: Put, { layout, lease, when }: StepOptions): Step {
  const bytes = layout.key(key);
  const put = { put: { key: bytes, value, lease } };
  const condition = when.find((one) => one.key === key);
  // What a condition says need not be read: when the transaction succeeds, it holds.
  const isNew = condition?.is === 'absent';
  const known = condition?.is === 'created' ? condition.created : undefined;
  const isKnown = isNew || known !== undefined;
  const operations = isKnown ? [put] : [put, { range: { key: bytes, keysOnly: true } }];
  return {
    compares: () => none,
    operations: () => operations,
    result: (answers, { revision }) => {
      const created = known ?? answers[1]?.range?.items[0]?.created ?? revision;
      return { kind: 'put', created, modified: revision };
    },
  };
}

function deleteStep(key: string, { layout }: StepOptions): Step {
  const operations = [{ delete: layout.key(key) }];
  return {
    compares: () => none,
    operations: () => operations,
    result: (answers) => ({ kind: 'delete', existed: (answers[0]?.deleted ?? 0) > 0 }),
  };
}

function appendStep(append: Append, { layout, lease }: StepOptions): Step {
  const key = appendKey(append);
  const bytes = layout.key(key);
  const compares = [{ key: bytes, created: 0 }];
  const operations = [{ put: { key: bytes, value: append.value, lease } }];
  return {
    compares: () => compares,
    operations: () => operations,
    result: (_answers, { revision }) => ({ kind: 'append', key, created: revision }),
  };
}

function addStep(add: AddOperation, { layout }: StepOptions): Step {
  const { key } = add;
  const bytes = layout.key(key);
  const changeOf = (counters: Counters): CounterStep =>
    counters.get(key) ?? { before: 0, after: add.amount, modified: 0 };
  return {
    compares: (counters) => [{ key: bytes, modified: changeOf(counters).modified }],
    operations: (counters) => {
      const { after, modified } = changeOf(counters);
      return [{ put: { key: bytes, value: textBytes(String(after)), keepsLease: modified > 0 } }];
    },
    result: (_answers, { counters }) => {
      const { before, after } = changeOf(counters);
      return { kind: 'add', before, after };
    },
  };
}
