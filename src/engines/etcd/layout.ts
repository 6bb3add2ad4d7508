/**
 * How directories and names lie in etcd's flat order of keys: `prefix + directory + '/' + name`. It is the layout of
 * etcd's own recipes (`concurrency`, `etcdctl lock`), so with the prefix '' both stand in one queue.
 */
import { checkDirectory, type Item, splitKey } from '../port/index.ts';
import type { KeyValue } from './answers.ts';

export const keyBytesMax = 2_048;
/** etcd refuses requests above 1.5 MiB, with all that is in them. */
export const valueBytesMax: number = 1 << 20;

const utf8 = new TextEncoder();

export function textBytes(text: string): Uint8Array {
  return utf8.encode(text);
}

/** The first key behind all that begin with these bytes. The last byte of UTF-8 can always grow. */
export function directoryEnd(begin: Uint8Array): Uint8Array {
  const end = begin.slice();
  const last = end.length - 1;
  end[last] = (end[last] as number) + 1;
  return end;
}

export class Layout {
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** Throws `invalid-option` for what is no key. */
  key(key: string): Uint8Array {
    splitKey(key, keyBytesMax);
    return utf8.encode(this.#prefix + key);
  }

  /** All that begins with the directory and a slash. */
  directory(directory: string): { readonly key: Uint8Array; readonly end: Uint8Array } {
    checkDirectory(directory);
    const key = utf8.encode(`${this.#prefix}${directory}/`);
    return { key, end: directoryEnd(key) };
  }

  /** Not within any directory of a user's. */
  private(name: string): Uint8Array {
    return utf8.encode(`${this.#prefix}~quorate/${name}`);
  }

  /** As the user gave it. */
  shown(key: string): string {
    return key.slice(this.#prefix.length);
  }

  item({ key, value, created, modified, lease }: KeyValue): Item {
    const session = lease === '' ? undefined : lease;
    return { key: this.shown(key), value, created, modified, session };
  }
}
