/**
 * Histories as a few lines of text, so that a test shows the story it is about:
 *
 *     0: write x 1           process 0 begins to write 1 to x
 *     0: ok                  ... and is done
 *     1: read x; ok 1 @7     process 1 reads x and gets 1 at revision 7, nothing happening in between
 *     2: txn [["r","x",null]]; ok [["r","x",[1]]]
 *     3: acquire l; info     nobody knows
 */
import {
  type History,
  HistoryBuilder,
  type HistoryEvent,
  type HistoryValue,
} from '../../../src/sim/history/index.ts';

export function story(text: string): History {
  const builder = new HistoryBuilder();
  const asked = new Map<number, HistoryEvent>();
  for (const line of text.split('\n').map((raw) => raw.trim())) {
    if (line === '') continue;
    const [head = '', ...rest] = line.split(': ');
    const process = Number(head);
    for (const part of rest.join(': ').split('; ')) {
      const event = parsePart(part, process, asked.get(process), builder.size * 1000);
      if (event.type === 'invoke') asked.set(process, event);
      builder.add(event);
    }
  }
  return builder.history();
}

function parsePart(
  part: string,
  process: number,
  asked: HistoryEvent | undefined,
  time: number,
): HistoryEvent {
  const [, before = '', revision] = /^(.*?)(?: @(\d+))?$/.exec(part) ?? [];
  const [word = '', ...rest] = before.split(' ');
  if (word === 'ok' || word === 'fail' || word === 'info') {
    if (asked === undefined) throw new Error(`nothing to complete: ${part}`);
    const value = rest.length === 0 ? null : (JSON.parse(rest.join(' ')) as HistoryValue);
    const event = { ...asked, type: word, value, time } as const;
    return revision === undefined ? event : { ...event, revision: Number(revision) };
  }
  const f = word as HistoryEvent['f'];
  const key = f === 'txn' ? null : (rest.shift() ?? '');
  const value = rest.length === 0 ? null : (JSON.parse(rest.join(' ')) as HistoryValue);
  return { process, type: 'invoke', f, key, value, time };
}
