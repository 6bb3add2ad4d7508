/** Adding to a counter: what it holds is compared and changed in one transaction, again while others come between. */
import { QuorateError } from '../../base/index.ts';
import type { Engine, Operation, OperationResult, TransactAnswer, TransactRequest } from '../port/index.ts';

type Add = Extract<Operation, { kind: 'add' }>;

const text = new TextDecoder();
const bytes = new TextEncoder();

export async function addOnce(engine: Engine, request: TransactRequest, add: Add): Promise<TransactAnswer> {
  const { when = [], operations, ...rest } = request;
  const others = operations.filter((operation) => operation !== add);
  while (true) {
    request.signal?.throwIfAborted();
    const item = await engine.get(add.key, rest);
    const before = item === undefined ? 0 : counted(add.key, text.decode(item.value));
    const after = before + add.amount;
    const { least = Number.MIN_SAFE_INTEGER, most = Number.MAX_SAFE_INTEGER } = add;
    if (after < least || after > most || !Number.isSafeInteger(after))
      return { succeeded: false, reason: 'bound' };
    const same =
      item === undefined
        ? ({ key: add.key, is: 'absent' } as const)
        : ({ key: add.key, is: 'unchanged', modified: item.modified } as const);
    const put = { kind: 'put', key: add.key, value: bytes.encode(String(after)) } as const;
    const answer = await engine.transact({ ...rest, when: [...when, same], operations: [...others, put] });
    if (answer.succeeded) {
      const results: OperationResult[] = [...answer.results.slice(0, others.length)];
      results.splice(operations.indexOf(add), 0, { kind: 'add', before, after });
      return { ...answer, results };
    }
    const now = await engine.get(add.key, rest);
    if (now?.modified === item?.modified) return answer;
  }
}

function counted(key: string, value: string): number {
  const number = Number(value);
  if (/^-?\d{1,16}$/.test(value) && Number.isSafeInteger(number)) return number;
  throw new QuorateError({
    code: 'engine-failed',
    message: `${key} holds ${JSON.stringify(value.slice(0, 40))}, which is no counter; delete it, or use another key`,
    data: { engine: 'quorate', reason: `${key} holds no whole number` },
    outcome: 'not-applied',
  });
}
