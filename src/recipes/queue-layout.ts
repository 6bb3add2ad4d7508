/**
 * Where the parts of a queue lie. The leases and the count of items share a directory, so that one watch hears
 * whenever there may be something to take: when something was put, and when a lease has ended.
 */
import { QuorateError } from '../base/index.ts';
import type { Item } from '../engines/port/index.ts';
import { splitHead, withHead } from './head-line.ts';

export interface Tried {
  readonly tries: number;
  readonly content: Uint8Array;
}

export class QueueLayout {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  get settings(): string {
    return `${this.#directory}/settings/all`;
  }

  get work(): string {
    return `${this.#directory}/work`;
  }

  get count(): string {
    return `${this.work}/count`;
  }

  get dead(): string {
    return `${this.#directory}/dead`;
  }

  items(priority: number): string {
    return `${this.#directory}/items-${priority}`;
  }

  lease(priority: number, name: string): string {
    return `${this.work}/lease-${priority}-${name}`;
  }

  /** Not under the item's own name, which its engine gave for an append and takes back from nobody. */
  deadLetter(name: string): string {
    return `${this.dead}/letter-${name}`;
  }

  /** An item's content behind a line with how often it was taken. */
  withTries(tries: number, content: Uint8Array): Uint8Array {
    return withHead(String(tries), content);
  }

  readTries({ key, value }: Item): Tried {
    const { head, content } = splitHead(value);
    if (/^\d{1,6}$/.test(head)) return { tries: Number(head), content };
    throw new QuorateError({
      code: 'value-invalid',
      message: `${key} is no item of a queue; delete it, or use another name`,
      data: { key, issues: [{ message: 'no line with a number of tries', path: '' }] },
    });
  }
}

export function nameIn(directory: string, { key }: Pick<Item, 'key'>): string {
  return key.slice(directory.length + 1);
}
