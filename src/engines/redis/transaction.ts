/** A transaction as the words of its script, and the words that come back as its answer. */
import { QuorateError } from '../../base/index.ts';
import {
  type Condition,
  type Operation,
  type OperationResult,
  ownSession,
  sessionOver,
  type TransactAnswer,
  type TransactRequest,
} from '../port/index.ts';
import type { Word } from './connection.ts';
import type { Answer } from './database.ts';
import { markAt } from './items.ts';
import { RedisSession } from './session.ts';

/** Most operations, and as many fences and conditions: the server does nothing else meanwhile. */
const partsMax = 128;

const nothing = '';

/** The words behind client, slot and number, of a request that the port has checked. */
export function transactionWords({ when = [], fences = [], operations }: TransactRequest): Word[] {
  const parts = Math.max(when.length, fences.length, operations.length);
  if (parts > partsMax) throw tooLarge(parts);
  return [
    ...counted(operations.length, operations.flatMap(operationWords)),
    ...counted(
      fences.length,
      fences.flatMap(({ key, token }) => [key, String(token)]),
    ),
    ...counted(when.length, when.flatMap(conditionWords)),
  ];
}

/** What came of it; throws what the caller is to hear of a refusal. */
export function transactAnswer({ status, revision, rest }: Answer, marker: string): TransactAnswer {
  switch (status) {
    case 'done': {
      const results: OperationResult[] = [];
      while (!rest.isOver) results.push(resultFrom(rest.text(), rest.text(), rest.text()));
      return { succeeded: true, results, mark: markAt(marker, revision) };
    }
    case 'condition':
    case 'bound':
      return { succeeded: false, reason: status };
    case 'fenced':
      throw fenced(rest.text(), rest.number(), rest.number());
    case 'session':
      throw sessionOver(rest.text(), 'the server has ended it');
    case 'number':
      throw noNumber(rest.text());
    default:
      throw new QuorateError({
        code: 'engine-failed',
        message: `Redis answered a transaction with ${status}: a later request of this client came before it`,
        data: { engine: 'redis', reason: status },
        outcome: 'unknown',
      });
  }
}

function operationWords(operation: Operation): Word[] {
  switch (operation.kind) {
    case 'put':
      return ['put', operation.key, operation.value, nothing, sessionOf(operation)];
    case 'delete':
      return ['delete', operation.key, nothing, nothing, nothing];
    case 'append': {
      const { directory, label, id, value } = operation;
      return ['append', `${directory}/${label}-${id}`, value, nothing, sessionOf(operation)];
    }
    case 'add': {
      const { key, amount, least = Number.MIN_SAFE_INTEGER, most = Number.MAX_SAFE_INTEGER } = operation;
      return ['add', key, String(amount), `${least} ${most}`, nothing];
    }
  }
}

function sessionOf({ session }: Extract<Operation, { kind: 'put' | 'append' }>): string {
  if (session === undefined) return nothing;
  const own = ownSession(session, (one) => one instanceof RedisSession);
  own.check();
  return own.id;
}

function conditionWords(condition: Condition): Word[] {
  switch (condition.is) {
    case 'absent':
    case 'present':
      return [condition.key, condition.is, nothing];
    case 'created':
      return [condition.key, 'created', String(condition.created)];
    case 'unchanged':
      return [condition.key, 'unchanged', String(condition.modified)];
  }
}

function counted(count: number, words: readonly Word[]): Word[] {
  return [String(count), ...words];
}

function resultFrom(kind: string, one: string, other: string): OperationResult {
  switch (kind) {
    case 'put':
      return { kind, created: Number(one), modified: Number(other) };
    case 'delete':
      return { kind, existed: one === '1' };
    case 'append':
      return { kind, key: one, created: Number(other) };
    default:
      return { kind: 'add', before: Number(one), after: Number(other) };
  }
}

function fenced(key: string, token: number, current: number): QuorateError<'fenced'> {
  const now = current === 0 ? 'nobody holds it' : `${current} does`;
  return new QuorateError({
    code: 'fenced',
    message: `token ${token} does not hold ${key} any more: ${now}; stop, and acquire it again`,
    data: { token, current },
  });
}

function noNumber(key: string): QuorateError<'engine-failed'> {
  const reason = `${key} holds no whole number within ±(2⁵³ − 1)`;
  return new QuorateError({
    code: 'engine-failed',
    message: `${reason}, so nothing can be added to it; delete it, or use another key`,
    data: { engine: 'redis', reason },
    outcome: 'not-applied',
  });
}

function tooLarge(parts: number): QuorateError<'transaction-too-large'> {
  return new QuorateError({
    code: 'transaction-too-large',
    message: `a transaction has ${parts} operations, fences or conditions, but ${partsMax} of each is the most; split it`,
    data: { operations: parts, limit: partsMax },
  });
}
