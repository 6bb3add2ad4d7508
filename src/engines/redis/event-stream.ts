/** What the server answers to XREAD: the entries of streams, each a transaction of one directory. */
import type { WatchEvent } from '../port/index.ts';
import { itemFrom } from './items.ts';
import { Reply } from './reply.ts';
import { foreign } from './trouble.ts';

export interface Entry {
  readonly revision: number;
  /** That of the entry before it, or one that lies behind everything that may be missing. */
  readonly previous: number;
  readonly events: readonly WatchEvent[];
  readonly bytes: number;
}

/** The key of a stream, and its entries in order. Where nothing came in time there is nothing. */
export function streamsFrom(answer: unknown, address: string): (readonly [key: string, entries: unknown])[] {
  if (answer === null) return [];
  if (!Array.isArray(answer)) throw foreign(address, 'XREAD gave no list');
  return answer.map((stream: unknown) => {
    if (!Array.isArray(stream)) throw foreign(address, 'XREAD gave a stream that is no list');
    return [new Reply(stream, address).text(), stream[1]] as const;
  });
}

/** Entries as the server gives them: an id, and a list of words. */
export function entriesFrom(answer: unknown, address: string): (readonly [id: string, words: Reply])[] {
  if (!Array.isArray(answer)) throw foreign(address, 'XREAD gave a stream without entries');
  return answer.map((entry: unknown) => {
    if (!Array.isArray(entry)) throw foreign(address, 'XREAD gave an entry that is no list');
    return [new Reply(entry, address).text(), new Reply(entry[1], address)] as const;
  });
}

/** Six words an event, behind the two that name the entry before. */
export function entryFrom(id: string, words: Reply, directory: string): Entry {
  words.text();
  const previous = words.number();
  const events: WatchEvent[] = [];
  let bytes = 0;
  while (!words.isOver) {
    const event = eventFrom(words, directory);
    events.push(event);
    bytes += event.kind === 'put' ? event.item.value.byteLength : 0;
  }
  return { revision: Number(id.split('-')[0]), previous, events, bytes };
}

function eventFrom(words: Reply, directory: string): WatchEvent {
  const kind = words.text();
  if (kind === 'put') {
    const item = itemFrom(words, directory);
    return { kind, key: item.key, item };
  }
  const key = `${directory}/${words.text()}`;
  for (let rest = 0; rest < 4; rest += 1) words.bytes();
  return { kind: kind === 'expired' ? kind : 'deleted', key };
}
