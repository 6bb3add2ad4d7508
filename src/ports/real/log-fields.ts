/**
 * Renders the fields of a log event as JSON, whatever they are. Values come from everywhere in a program that
 * may be failing just now: rings, errors in errors, getters that throw, megabytes of bytes. Each is cut to a
 * size that a person would read, and nothing is called on it but its own properties.
 */
import type { LogFields } from '../index.ts';

const depthMax = 6;
const elementsMax = 100;
const textLengthMax = 8192;
const shownBytesMax = 32;

/** Names that every line has already. A field of that name gets an underscore, so that no line names one twice. */
const reserved: ReadonlySet<string> = new Set(['time', 'level', 'msg', 'droppedBefore']);

/** The fields as the middle of a JSON object, each with a comma before it. */
export function renderFields(fields: LogFields): string {
  let text = '';
  try {
    for (const [name, value] of Object.entries(fields)) {
      const plain = toPlain(value, []);
      if (plain === undefined) continue;
      text += `,${JSON.stringify(reserved.has(name) ? `${name}_` : name)}:${JSON.stringify(plain)}`;
    }
  } catch (error) {
    text += `,"unreadable":${JSON.stringify(String(error))}`;
  }
  return text;
}

/** A value that `JSON.stringify` takes as it is. `above` holds the objects that contain it. */
function toPlain(value: unknown, above: readonly object[]): unknown {
  switch (typeof value) {
    case 'string':
      return value.length > textLengthMax ? `${value.slice(0, textLengthMax)}… (${value.length})` : value;
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'boolean':
    case 'undefined':
      return value;
    case 'bigint':
    case 'symbol':
      return String(value);
    case 'function':
      return `[function ${value.name}]`;
    case 'object':
      return value === null ? null : objectToPlain(value, above);
  }
}

function objectToPlain(value: object, above: readonly object[]): unknown {
  if (above.includes(value)) return '[circular]';
  if (above.length >= depthMax) return '[deeper]';
  const within = [...above, value];
  if (value instanceof Uint8Array) return bytesToPlain(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (value instanceof Error) return errorToPlain(value, within);
  if (value instanceof Map)
    return pairsToPlain(
      [...value].map(([key, one]) => [String(key), one]),
      within,
    );
  if (Array.isArray(value) || value instanceof Set) return elementsToPlain([...value], within);
  if (value instanceof URL) return value.href;
  return pairsToPlain(Object.entries(value), within);
}

function errorToPlain(error: Error, within: readonly object[]): unknown {
  const { name, message, stack, cause } = error;
  const pairs: [string, unknown][] = [['name', name], ['message', message], ...Object.entries(error)];
  if (cause !== undefined) pairs.push(['cause', cause]);
  if (stack !== undefined) pairs.push(['stack', stack]);
  return pairsToPlain(pairs, within);
}

function bytesToPlain(bytes: Uint8Array): string {
  let hex = '';
  for (const byte of bytes.subarray(0, shownBytesMax)) hex += byte.toString(16).padStart(2, '0');
  return `[${bytes.length} bytes] ${hex}${bytes.length > shownBytesMax ? '…' : ''}`;
}

function elementsToPlain(elements: readonly unknown[], within: readonly object[]): unknown[] {
  const shown = elements.slice(0, elementsMax).map((element) => toPlain(element, within) ?? null);
  if (elements.length > elementsMax) shown.push(`… (${elements.length})`);
  return shown;
}

function pairsToPlain(pairs: readonly [string, unknown][], within: readonly object[]): unknown {
  const shown = pairs.slice(0, elementsMax).map(([name, value]) => [name, toPlain(value, within)] as const);
  if (pairs.length > elementsMax) shown.push(['…', pairs.length]);
  return Object.fromEntries(shown);
}
