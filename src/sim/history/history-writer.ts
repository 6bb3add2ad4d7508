/** Writes histories as JSON Lines, in the field order of NAMES.md, so that equal histories are equal files. */
import type { HistoryEvent } from './event.ts';

/** One line a event, without line ends: for writers that stream. */
export function* historyLines(events: Iterable<HistoryEvent>): Generator<string, void, undefined> {
  for (const event of events) yield eventLine(event);
}

/** The text of a whole file; each line ends in a newline. */
export function serializeHistory(events: Iterable<HistoryEvent>): string {
  let text = '';
  for (const event of events) text += `${eventLine(event)}\n`;
  return text;
}

function eventLine({ process, type, f, key, value, time, revision }: HistoryEvent): string {
  return JSON.stringify({ process, type, f, ...(key === null ? {} : { key }), value, time, revision });
}
