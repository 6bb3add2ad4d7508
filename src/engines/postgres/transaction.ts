/** A transaction of the port as the function on the server takes it, and what it answers as the port has it. */
import { QuorateError } from '../../base/index.ts';
import {
  type Condition,
  type Operation,
  type OperationResult,
  ownSession,
  type SplitKey,
  sessionOver,
  splitKey,
  type TransactAnswer,
  type TransactRequest,
} from '../port/index.ts';
import type { ResultAnswer } from './answers.ts';
import { PostgresSession } from './postgres-session.ts';
import type { Refusal } from './server.ts';
import { engineFailed } from './trouble.ts';

export const keyBytesMax = 1_000;
/** Of all values together, since they go out as one message and are kept as one batch of changes. */
const requestBytesMax = 8 * 2 ** 20;

export interface TransactionRequest {
  readonly directories: readonly string[];
  readonly request: object;
}

/** Throws `session-expired` when a session under which something is put is over by its own clock. */
export function requestOf(
  { when = [], fences = [], operations }: TransactRequest,
  id: string,
): TransactionRequest {
  const bytes = operations.reduce((sum, one) => sum + ('value' in one ? one.value.length : 0), 0);
  if (bytes > requestBytesMax) throw tooLarge(bytes);
  const changed = operations.map(placeOf);
  const compared = [...fences, ...when].map(({ key }) => split(key));
  const exclusive = new Set(changed.map(({ directory }) => directory));
  const directories = [...new Set([...changed, ...compared].map(({ directory }) => directory))];
  return {
    directories,
    request: {
      request: id,
      sessions: [...new Set(operations.map(sessionOf).filter((session) => session !== undefined))],
      directories: directories.map((directory) => ({ directory, shared: !exclusive.has(directory) })),
      keys: [...changed, ...compared].map(({ directory, name }) => [directory, name]),
      fences: fences.map(({ key, token }) => ({ ...split(key), token })),
      when: when.map((condition) => ({
        ...split(condition.key),
        is: condition.is,
        number: numberIn(condition),
      })),
      operations: operations.map((operation) => ({ ...placeOf(operation), ...detailsOf(operation) })),
    },
  };
}

export function answerOf(
  request: TransactRequest,
  answer: Refusal,
  mark: (lasts: Readonly<Record<string, number>>) => string,
): TransactAnswer {
  switch (answer.outcome) {
    case 'done': {
      const results = request.operations.map((operation, place) =>
        resultOf(operation, answer.results?.[place] as ResultAnswer),
      );
      return { succeeded: true, results, mark: mark(answer.lasts ?? {}) };
    }
    case 'condition':
    case 'bound':
      return { succeeded: false, reason: answer.outcome };
    case 'session-expired':
      throw sessionOver(answer.session ?? '', 'the server has ended it');
    case 'fenced':
      throw fenced(answer.fence, answer.current);
    case 'no-number': {
      const { directory, name } = answer.operation;
      throw engineFailed(
        `${directory}/${name} holds no whole number, so it is no counter; delete it, or use another key`,
      );
    }
  }
}

function split(key: string): SplitKey {
  return splitKey(key, keyBytesMax);
}

function placeOf(operation: Operation): SplitKey {
  if (operation.kind !== 'append') return split(operation.key);
  return { directory: operation.directory, name: `${operation.label}-${operation.id}` };
}

function sessionOf(operation: Operation): string | undefined {
  if (!('session' in operation) || operation.session === undefined) return undefined;
  const session = ownSession(operation.session, (one) => one instanceof PostgresSession);
  session.check();
  return session.id;
}

function numberIn(condition: Condition): number | undefined {
  if (condition.is === 'created') return condition.created;
  return condition.is === 'unchanged' ? condition.modified : undefined;
}

function detailsOf(operation: Operation): object {
  const { kind } = operation;
  switch (kind) {
    case 'delete':
      return { kind };
    case 'add': {
      const { amount, least = Number.MIN_SAFE_INTEGER, most = Number.MAX_SAFE_INTEGER } = operation;
      return { kind, amount, least, most };
    }
    case 'put':
    case 'append':
      return { kind, value: base64(operation.value), session: sessionOf(operation) };
  }
}

function resultOf(operation: Operation, result: ResultAnswer): OperationResult {
  const { kind } = operation;
  switch (kind) {
    case 'put':
      return { kind, created: result.created, modified: result.modified };
    case 'delete':
      return { kind, existed: result.existed };
    case 'append': {
      const { directory, name } = placeOf(operation);
      return { kind, key: `${directory}/${name}`, created: result.created };
    }
    case 'add':
      return { kind, before: result.before, after: result.after };
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}

function fenced(
  { directory, name, token }: { readonly directory: string; readonly name: string; readonly token: number },
  current: number,
): QuorateError<'fenced'> {
  const now = current === 0 ? 'nobody holds it' : `its holder has ${current}`;
  return new QuorateError({
    code: 'fenced',
    message: `token ${token} of ${directory}/${name} is superseded: ${now}; stop, and acquire anew`,
    data: { token, current },
    outcome: 'not-applied',
  });
}

function tooLarge(bytes: number): QuorateError<'too-large'> {
  return new QuorateError({
    code: 'too-large',
    message: `the values of one transaction have ${bytes} bytes, and ${requestBytesMax} are allowed; split it`,
    data: { what: 'transaction', bytes, limit: requestBytesMax },
  });
}
