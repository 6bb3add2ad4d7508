/**
 * The numbers of the command format. A command is
 *
 *     version · kind · parts · [session · request · acknowledged] · [fences] · body
 *
 * Numbers are never given to another meaning; a new kind or flag gets a new one.
 */
import type { CommandBody, Compare, CompareOperator, Get, Operation } from './commands.ts';
import { requestIn } from './security-format.ts';

export const commandVersion = 1;

/** 64 and 65 are for the member that leads: a node does not take them from a client. Those from 66 on are for operators. */
export const kindNumbers: { readonly [Kind in CommandBody['kind']]: number } = {
  put: 1,
  delete: 2,
  get: 3,
  transaction: 4,
  append: 5,
  add: 6,
  'lease-grant': 8,
  'lease-keep-alive': 9,
  'lease-revoke': 10,
  'session-open': 16,
  'session-close': 17,
  'lease-expire': 64,
  'lease-checkpoint': 65,
  compact: 66,
  configure: 67,
  collect: 68,
  security: 80,
  'security-show': 81,
};

/** A transaction that holds an operation of the second level. */
export const secondTransaction = 7;

/** What may stand in a transaction of each kind. Kind 4 is what it was, or two releases would read one log in two ways. */
export const transactionOperations: ReadonlyMap<number, ReadonlySet<Operation['kind']>> = new Map([
  [kindNumbers.transaction, new Set(['put', 'delete', 'get'])],
  [secondTransaction, new Set(['put', 'delete', 'get', 'append', 'add'])],
]);

const secondLevel: ReadonlySet<number> = new Set([kindNumbers.append, kindNumbers.add, secondTransaction]);
const knownKinds: ReadonlySet<number> = new Set([...Object.values(kindNumbers), secondTransaction]);

/**
 * Whether this release carries it out. A member that does not must keep it out of the log: it would answer that it
 * makes no sense, where a newer member changes its state. So whatever older releases cannot decode, down to a new
 * flag, comes under a new kind or a new version, and with a level.
 */
export function isKnownCommand(command: Uint8Array): boolean {
  return command[0] === commandVersion && knownKinds.has(command[1] ?? 0);
}

/** The level below which no member may meet this command in its log. Those with an envelope come from a node. */
export function commandLevel(command: Uint8Array): number {
  const kind = command[0] === commandVersion ? command[1] : requestIn(command)[1];
  return secondLevel.has(kind ?? 0) ? 2 : 1;
}

/** Whether only the cluster itself may send this command. Malformed bytes are nobody's. */
export function isInternalCommand(command: Uint8Array): boolean {
  const kind = command[1];
  return kind === kindNumbers['lease-expire'] || kind === kindNumbers['lease-checkpoint'];
}

/** Whether a lease, or a session, ends without this command. */
export function isKeepAlive(command: Uint8Array): boolean {
  return command[1] === kindNumbers['lease-keep-alive'];
}

export const partFlags = { session: 1, fences: 2 } as const;
export const fenceFlags = { elsewhere: 1 } as const;
export const putFlags = { lease: 1, keepLease: 2, wantPrevious: 4 } as const;
export const appendFlags = { lease: 1 } as const;
/** Bounds that are not there are as wide as can be. */
export const addFlags = {
  lease: 1,
  keepLease: 2,
  least: 4,
  most: 8,
  negativeAmount: 16,
  negativeLeast: 32,
  negativeMost: 64,
} as const;
export const rangeFlags = { toEnd: 1, wantPrevious: 2 } as const;

/** Above the range flag in the same byte: two bits of order, one of direction, two of content. */
export const getShifts = { order: 1, descending: 3, content: 4 } as const;

export const getOrders: readonly Get['order'][] = ['key', 'create-revision', 'modify-revision'];
export const getContents: readonly Get['content'][] = ['entries', 'keys', 'count'];
export const compareOperators: readonly CompareOperator[] = ['equal', 'unequal', 'less', 'greater'];
export const compareTargets: readonly Compare['target'][] = [
  'value',
  'version',
  'create-revision',
  'modify-revision',
  'lease',
  'exists',
  'absent',
  'lease-live',
];
export const fencesMax = 8;
