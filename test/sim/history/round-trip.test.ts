/** Writing a history and reading it back changes nothing, by text, by lines and by streams of lines. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  HistoryBuilder,
  type HistoryEvent,
  type HistoryFunction,
  type HistoryValue,
  historyLines,
  parseHistory,
  readHistory,
  serializeHistory,
} from '../../../src/sim/history/index.ts';

const scalar = fc.oneof(
  fc.string(),
  fc.maxSafeInteger().filter((value) => !Object.is(value, -0)),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Number.isInteger(value)),
  fc.boolean(),
);
const key = fc.oneof(fc.string(), fc.nat());
const list = fc.array(fc.oneof(scalar, fc.constant(null)), { maxLength: 3 });
const steps = fc.array(
  fc.oneof(
    fc.tuple(fc.constant('append' as const), key, scalar),
    fc.tuple(fc.constant('r' as const), key, fc.oneof(list, fc.constant(null))),
  ),
  { maxLength: 3 },
);

/** Per function: an argument with a fitting answer. */
const exchanges: Readonly<Record<HistoryFunction, fc.Arbitrary<readonly [HistoryValue, HistoryValue]>>> = {
  read: fc.tuple(fc.constant(null), fc.oneof(scalar, list)),
  write: scalar.map((value) => [value, value] as const),
  append: scalar.map((value) => [value, null] as const),
  cas: fc.tuple(fc.tuple(scalar, scalar), fc.constantFrom(null, true, false)),
  acquire: fc.tuple(fc.constant(null), fc.oneof(fc.nat(), fc.constantFrom(null, true, false))),
  release: fc.tuple(fc.nat(), fc.constantFrom(null, true, false)),
  add: fc.tuple(fc.integer(), fc.oneof(fc.integer(), fc.constant(null))),
  txn: steps.map((done) => {
    const asked = done.map((step) => (step[0] === 'r' ? (['r', step[1], null] as const) : step));
    return [asked, done] as const;
  }),
};

const exchange = fc
  .constantFrom(...(Object.keys(exchanges) as HistoryFunction[]))
  .chain((f) => exchanges[f].map((values) => ({ f, values })));

const turn = fc.record({
  client: fc.nat({ max: 3 }),
  exchange,
  key,
  end: fc.constantFrom('ok', 'fail', 'info'),
  wait: fc.nat({ max: 1000 }),
  revision: fc.option(fc.nat(), { nil: undefined }),
});

/** Clients take turns; a client that is busy ends what it does, one that is free begins the next. */
const history: fc.Arbitrary<readonly HistoryEvent[]> = fc.array(turn, { maxLength: 40 }).map((turns) => {
  const events: HistoryEvent[] = [];
  const processes = [0, 1, 2, 3];
  const busy = new Map<number, HistoryEvent & { readonly answer: HistoryValue }>();
  let time = 0;
  for (const next of turns) {
    const process = processes[next.client] as number;
    const asked = busy.get(process);
    time += next.wait;
    if (asked === undefined) {
      const [value, answer] = next.exchange.values;
      const { f } = next.exchange;
      const event = { process, type: 'invoke', f, key: f === 'txn' ? null : next.key, value, time } as const;
      events.push(event);
      busy.set(process, { ...event, answer });
      continue;
    }
    const { answer, ...common } = asked;
    const value = next.end === 'ok' ? answer : null;
    const revision = next.end === 'ok' && next.revision !== undefined ? { revision: next.revision } : {};
    events.push({ ...common, type: next.end as 'ok', value, time, ...revision });
    busy.delete(process);
    if (next.end === 'info') processes[next.client] = process + 4;
  }
  return events;
});

test('a history that is written and read is the same, and so is its text', async () => {
  await fc.assert(
    fc.property(history, (events) => {
      const text = serializeHistory(events);
      const read = parseHistory(text);
      assert.deepEqual(read.events, events);
      assert.equal(serializeHistory(read.events), text);
      assert.equal([...historyLines(events)].map((line) => `${line}\n`).join(''), text);
    }),
    { numRuns: 500 },
  );
});

test('reading line by line pairs the same operations as building event by event', async () => {
  await fc.assert(
    fc.asyncProperty(history, async (events) => {
      const builder = new HistoryBuilder();
      for (const event of events) builder.add(event);
      async function* lines(): AsyncGenerator<string> {
        yield* historyLines(events);
      }
      assert.deepEqual(await readHistory(lines()), builder.history());
    }),
    { numRuns: 200 },
  );
});
