/**
 * Keys and values as the command shows them. People read text; programs get JSON that loses nothing: what is not
 * UTF-8 travels as base64 under a name of its own, so that nobody takes it for text.
 */
import type { Entry } from '../client/index.ts';
import type { KeyValue } from '../mvcc/index.ts';

const strict = new TextDecoder('utf-8', { fatal: true });
const lenient = new TextDecoder();

export function textOf(bytes: Uint8Array): string {
  return lenient.decode(bytes);
}

/** `{ [name]: text }`, or `{ [name]Base64: … }` where the bytes are no text. */
function bytesField(name: string, bytes: Uint8Array): Record<string, string> {
  try {
    return { [name]: strict.decode(bytes) };
  } catch {
    return { [`${name}Base64`]: Buffer.from(bytes).toString('base64') };
  }
}

export interface DocumentOptions {
  /** True: the value is not here because nobody asked for it. */
  readonly keysOnly?: boolean;
}

export function entryDocument(entry: Entry, { keysOnly = false }: DocumentOptions = {}): object {
  const { keyBytes: key, value, createRevision, modifyRevision, version, lease } = entry;
  return keyValueDocument({ key, value, createRevision, modifyRevision, version, lease }, { keysOnly });
}

export function keyValueDocument(entry: KeyValue, { keysOnly = false }: DocumentOptions = {}): object {
  const { key, value, createRevision, modifyRevision, version, lease } = entry;
  return {
    ...bytesField('key', key),
    ...(keysOnly ? {} : bytesField('value', value)),
    createRevision,
    modifyRevision,
    version,
    ...(lease === 0 ? {} : { lease }),
  };
}
