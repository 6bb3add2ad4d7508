/**
 * What the server answers, in the words of the port. Numbers of 64 bits come as text and stay below 2⁵³; bytes are
 * copied out of the buffers of the network, which would otherwise be kept whole for a few bytes of theirs.
 */
import type { Item, WatchEvent } from '../port/index.ts';
import type { Row } from './pg-module.ts';

/** The number that each directory had reached. */
export type Lasts = Readonly<Record<string, number>>;

/** Of the functions that write. */
export type Answer =
  | {
      readonly outcome: 'done';
      readonly results?: readonly ResultAnswer[];
      readonly lasts?: Lasts;
      /** There is more to be forgotten. */
      readonly hasMore?: boolean;
    }
  | { readonly outcome: 'other-store' }
  | { readonly outcome: 'session-expired'; readonly session?: string }
  | { readonly outcome: 'dead'; readonly sessions: readonly string[] }
  | {
      readonly outcome: 'fenced';
      readonly fence: { readonly directory: string; readonly name: string; readonly token: number };
      readonly current: number;
    }
  | {
      readonly outcome: 'no-number';
      readonly operation: { readonly directory: string; readonly name: string };
    }
  | { readonly outcome: 'condition' | 'bound' };

export interface ResultAnswer {
  readonly created: number;
  readonly modified: number;
  readonly existed: boolean;
  readonly before: number;
  readonly after: number;
}

export function itemOf(directory: string, row: Row): Item {
  return {
    key: `${directory}/${String(row['name'])}`,
    value: bytesOf(row['value']),
    created: Number(row['created']),
    modified: Number(row['modified']),
    session: row['session'] === null ? undefined : String(row['session']),
  };
}

export interface Change {
  readonly sequence: number;
  /** The last of its transaction. */
  readonly through: number;
  readonly name: string;
  readonly bytes: number;
  readonly event: WatchEvent;
}

export function changeOf(directory: string, row: Row): Change {
  const key = `${directory}/${String(row['name'])}`;
  const sequence = Number(row['sequence']);
  const item = { ...itemOf(directory, row), modified: sequence };
  const kind = String(row['kind']);
  const event: WatchEvent =
    kind === 'put' ? { kind, key, item } : { kind: kind === 'expired' ? 'expired' : 'deleted', key };
  return {
    sequence,
    through: Number(row['through']),
    name: String(row['name']),
    bytes: item.value.length,
    event,
  };
}

function bytesOf(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? new Uint8Array(value) : new Uint8Array();
}
