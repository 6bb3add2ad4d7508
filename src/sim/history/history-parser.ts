/**
 * Reads histories from JSON Lines. It takes text or lines from anywhere and opens no file itself. Nothing is
 * skipped and nothing is guessed: a field it does not know, an empty line in the middle or a cut last line is
 * an error, because each of them means that somebody's evidence was lost on the way.
 */
import type { HistoryEvent } from './event.ts';
import { HistoryBuilder } from './history-builder.ts';
import { malformedHistory, showValue } from './history-fault.ts';
import type { History } from './operation.ts';

const fields = new Set(['process', 'type', 'f', 'key', 'value', 'time', 'revision']);

/** Reads a whole file's text. Throws `malformed-history`. */
export function parseHistory(text: string): History {
  const builder = new HistoryBuilder();
  let start = 0;
  while (start < text.length) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    builder.add(parseLine(text.slice(start, end), builder.size + 1));
    start = end + 1;
  }
  return builder.history();
}

/** Reads lines without their line ends, as they come. Rejects with `malformed-history`. */
export async function readHistory(lines: Iterable<string> | AsyncIterable<string>): Promise<History> {
  const builder = new HistoryBuilder();
  for await (const line of lines) builder.add(parseLine(line, builder.size + 1));
  return builder.history();
}

function parseLine(text: string, line: number): HistoryEvent {
  const parsed = parseObject(text, line);
  for (const field of Object.keys(parsed)) {
    if (!fields.has(field))
      throw malformedHistory(line, 'unknown-field', `no field is called ${showValue(field)}`);
  }
  const { process, type, f, key = null, value = null, time, revision } = parsed as Partial<HistoryEvent>;
  const event = { process, type, f, key, value, time } as HistoryEvent;
  return revision === undefined ? event : { ...event, revision };
}

function parseObject(text: string, line: number): object {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    const problem = text.trim() === '' ? 'the line is empty' : `not JSON: ${showValue(text)}`;
    throw malformedHistory(line, 'not-json', problem, cause);
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed;
  throw malformedHistory(line, 'not-an-event', `an event is an object, not ${showValue(parsed)}`);
}
