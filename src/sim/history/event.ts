/**
 * A history is what the clients of a system saw, as a list of events in real-time order: a process asks
 * (`invoke`), and later knows that it was done (`ok`), that it was not done (`fail`), or that nobody can know
 * (`info`). Checkers judge a system by nothing else, so one judge serves every engine. The line format is
 * fixed by NAMES.md; these are its types.
 */

/** What a register, an element of a list or an element of a queue may be. `null` is also "not there". */
export type Scalar = string | number | boolean | null;

/** The object that an operation is about. `1` and `'1'` are two keys. */
export type HistoryKey = string | number;

export type HistoryFunction = 'read' | 'write' | 'cas' | 'append' | 'txn' | 'acquire' | 'release' | 'add';

/** `info` is the unknown outcome; a process that had one never acts again. */
export type EventType = 'invoke' | 'ok' | 'fail' | 'info';

/** One step of a transaction. A read carries `null` until it is answered, and where the list is not there. */
export type MicroOperation =
  | readonly ['append', HistoryKey, Scalar]
  | readonly ['r', HistoryKey, readonly Scalar[] | null];

export type HistoryValue = Scalar | readonly Scalar[] | readonly MicroOperation[];

export interface HistoryEvent {
  /** One sequential client: a whole number. It has one operation under way at a time. */
  readonly process: number;
  readonly type: EventType;
  readonly f: HistoryFunction;
  /** `null` for `txn` only, whose steps name their own keys. */
  readonly key: HistoryKey | null;
  /** The argument of an `invoke`, the answer of an `ok`; see `value-shape.ts` for what each function carries. */
  readonly value: HistoryValue;
  /** Nanoseconds since the start, a whole number. Never falls from one event to the next. */
  readonly time: number;
  /** On an `ok`: the revision at which a write was applied, or at which a read was served. */
  readonly revision?: number;
}

export const historyFunctions: readonly HistoryFunction[] = [
  'read',
  'write',
  'cas',
  'append',
  'txn',
  'acquire',
  'release',
  'add',
];

export const eventTypes: readonly EventType[] = ['invoke', 'ok', 'fail', 'info'];
