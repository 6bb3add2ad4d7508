/**
 * What one operation does to the item that it finds, as a value: the same for the first try and for each one behind
 * a lost race. No server is asked in here.
 */
import { unreachable } from '../../base/index.ts';
import {
  type AddOperation,
  type Condition,
  changedCounter,
  type Operation,
  type OperationResult,
} from '../port/index.ts';
import { type Entry, headerNames } from './stored-message.ts';

/** What the engine knows of a key when it decides. */
export interface Found {
  /** The item, when it is there. */
  readonly item: Entry | undefined;
  /** The newest message of its subject, which may be a deletion or belong to a session that is over. */
  readonly newest: Entry | undefined;
}

export type Decision =
  /** Nothing is to be written; true for what does not depend on how fresh the knowledge is. */
  | { readonly kind: 'answer'; readonly result: OperationResult; readonly isCertain: boolean }
  | { readonly kind: 'refused'; readonly reason: 'condition' | 'bound' }
  | { readonly kind: 'write'; readonly draft: Draft };

/** A message to be published, and what is true once it has its sequence. */
interface Draft {
  readonly value: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined: it comes to be with this message. */
  readonly created: number | undefined;
  readonly gone: 'deleted' | 'expired' | undefined;
  readonly session: string | undefined;
  readonly resultOf: (sequence: number) => OperationResult;
}

const utf8 = new TextEncoder();
const none = new Uint8Array(0);

export function conditionsHold(conditions: readonly Condition[], item: Entry | undefined): boolean {
  return conditions.every((condition) => holds(condition, item));
}

function holds(condition: Condition, item: Entry | undefined): boolean {
  switch (condition.is) {
    case 'absent':
      return item === undefined;
    case 'present':
      return item !== undefined;
    case 'created':
      return item?.created === condition.created;
    case 'unchanged':
      return item?.sequence === condition.modified;
    default:
      return unreachable(condition);
  }
}

export function decide(operation: Operation, key: string, found: Found): Decision {
  switch (operation.kind) {
    case 'put':
      return putDecision(operation, found);
    case 'delete':
      return deleteDecision(found, 'deleted');
    case 'append':
      return appendDecision(operation, key, found);
    case 'add':
      return addDecision(operation, found);
  }
}

function putDecision(operation: Operation & { readonly kind: 'put' }, { item }: Found): Decision {
  const resultOf = (sequence: number): OperationResult => ({
    kind: 'put',
    created: item?.created ?? sequence,
    modified: sequence,
  });
  const { value, session } = operation;
  return write({ value, created: item?.created, session: session?.id, gone: undefined, resultOf });
}

/** Also for what is left of an item whose session is over. */
export function deleteDecision({ item }: Found, gone: 'deleted' | 'expired'): Decision {
  if (item === undefined)
    return { kind: 'answer', result: { kind: 'delete', existed: false }, isCertain: false };
  const resultOf = (): OperationResult => ({ kind: 'delete', existed: true });
  return write({ value: none, created: item.created, session: item.session, gone, resultOf });
}

/** What lies under its name was made by an earlier try of the same, even where it is gone again. */
function appendDecision(
  { value, session }: Operation & { readonly kind: 'append' },
  key: string,
  { newest }: Found,
): Decision {
  if (newest !== undefined) {
    const result: OperationResult = { kind: 'append', key, created: newest.created };
    return { kind: 'answer', result, isCertain: true };
  }
  const resultOf = (sequence: number): OperationResult => ({ kind: 'append', key, created: sequence });
  return write({ value, created: undefined, session: session?.id, gone: undefined, resultOf });
}

function addDecision(operation: AddOperation, { item }: Found): Decision {
  const change = changedCounter('nats', operation, item?.value);
  if (change === undefined) return { kind: 'refused', reason: 'bound' };
  const resultOf = (): OperationResult => ({ kind: 'add', ...change });
  const value = utf8.encode(String(change.after));
  return write({ value, created: item?.created, session: undefined, gone: undefined, resultOf });
}

function write(draft: Omit<Draft, 'headers'>): Decision {
  const { created, session, gone } = draft;
  const headers = {
    ...(created === undefined ? {} : { [headerNames.created]: String(created) }),
    ...(session === undefined ? {} : { [headerNames.session]: session }),
    ...(gone === undefined ? {} : { [headerNames.gone]: gone }),
  };
  return { kind: 'write', draft: { ...draft, headers } };
}
