/**
 * Where the items of a directory lie in the store. Those that are appended lie before all others, because no name
 * begins with a space, and in the order in which they were made; so what came before one of them is a read that
 * ends where it begins. Beside each that belongs to no session lies a mark under its id, which tells whether an
 * append was done before.
 *
 *     directory/ #label-id                         a mark, which is no item
 *     directory/ 0000000000000042-0000-label-id+   appended at revision 42; the plus tells of the mark
 *     directory/ 0000000000000043-0000-label-id    appended under a session
 *     directory/name                               put
 */
import type { Keys } from '../../client/index.ts';
import type { Operation } from '../port/index.ts';

const appendedName = /^\d{16}-\d{4}-([a-z]{1,20}-[A-Za-z0-9]{8,40})(\+?)$/;
const revisionDigits = 16;
const placeDigits = 4;

export class Layout {
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** The key in the store of an item that the port calls `key`. */
  stored(key: string): string {
    const slash = key.lastIndexOf('/');
    const name = key.slice(slash + 1);
    return `${this.#prefix}${key.slice(0, slash + 1)}${appendedName.test(name) ? ' ' : ''}${name}`;
  }

  key(stored: string): string {
    return stored.slice(this.#prefix.length).replace(/\/ (?=[^/]*$)/, '/');
  }

  /** Behind it comes what the store makes of the append itself. */
  appendPrefix(directory: string): string {
    return `${this.#prefix}${directory}/ `;
  }

  mark(directory: string, label: string, id: string): string {
    return `${this.#prefix}${directory}/ #${label}-${id}`;
  }

  /** The mark beside an item, where it has one. */
  markBeside(key: string): string | undefined {
    const slash = key.lastIndexOf('/');
    const [, called, plus = ''] = appendedName.exec(key.slice(slash + 1)) ?? [];
    return plus === '' ? undefined : `${this.#prefix}${key.slice(0, slash)}/ #${called}`;
  }

  /** All items of a directory. */
  items(directory: string): Keys {
    return { start: `${this.#prefix}${directory}/ 0`, end: `${this.#prefix}${directory}0` };
  }

  /** Those that were appended, before revision `before` if one is given. */
  appended(directory: string, before: number | undefined): { readonly start: string; readonly end: string } {
    const end = before === undefined ? ':' : digits(before, revisionDigits);
    return { start: `${this.#prefix}${directory}/ 0`, end: `${this.#prefix}${directory}/ ${end}` };
  }

  /** Those that were put. */
  put(directory: string): Keys {
    return { start: `${this.#prefix}${directory}/!`, end: `${this.#prefix}${directory}0` };
  }
}

/** What an item is appended as. */
export type Appending = Extract<Operation, { kind: 'append' }>;

/** What the port calls an item that was appended as the operation at `place` of the transaction of a revision. */
export function appendedKey(
  append: Appending,
  { revision, place }: { readonly revision: number; readonly place: number },
): string {
  const { directory } = append;
  return `${directory}/${digits(revision, revisionDigits)}-${digits(place, placeDigits)}${suffixOf(append)}`;
}

/** What stands in its name behind the place. */
export function suffixOf(append: Appending): string {
  return `-${append.label}-${append.id}${hasMark(append) ? '+' : ''}`;
}

/** Of an append under a session, the session itself knows whether it was done before. */
export function hasMark({ session }: Appending): boolean {
  return session === undefined;
}

function digits(number: number, count: number): string {
  return String(number).padStart(count, '0');
}
