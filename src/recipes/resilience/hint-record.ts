/** What a process tells of its circuit, as JSON in an item of its session. */
import { parsed, QuorateError } from '../../base/index.ts';
import type { Item } from '../../engines/port/index.ts';
import type { OthersReport, OwnReport } from '../../resilience/index.ts';

const utf8 = new TextEncoder();
const text = new TextDecoder();
const states: readonly unknown[] = ['open', 'half-open', 'closed'] satisfies OwnReport['state'][];
/** Between who reports and how often it has taken a new item, as the last part of a key. */
const separator = '.';

export function encodeReport({ key, state, forMs }: OwnReport): Uint8Array {
  return utf8.encode(JSON.stringify({ key, state, forMs }));
}

/** An item is made anew where the one before may still be there, so each has a name of its own. */
export function itemName(reporter: string, serial: number): string {
  return `${reporter}${separator}${serial}`;
}

/** Throws `value-invalid` for what no program of ours has written. */
export function decodeReport(item: Item, directory: string): OthersReport {
  const found = parsed(text.decode(item.value), item.key) as Partial<OwnReport> | null;
  const { key, state, forMs } = found ?? {};
  if (key !== undefined && typeof key !== 'string') throw unfit(item, 'key', key);
  if (state === undefined || !states.includes(state)) throw unfit(item, 'state', state);
  if (typeof forMs !== 'number' || !Number.isFinite(forMs) || forMs < 0) throw unfit(item, 'forMs', forMs);
  const [reporter = ''] = item.key.slice(directory.length + 1).split(separator);
  return { reporter, id: String(item.modified), key, state, forMs };
}

function unfit({ key }: Item, path: string, found: unknown): QuorateError<'value-invalid'> {
  const message = `${String(found)} is not what a breaker reports`;
  return new QuorateError({
    code: 'value-invalid',
    message: `${key}: ${path}: ${message}; keep other things in other directories`,
    data: { key, issues: [{ message, path }] },
  });
}
