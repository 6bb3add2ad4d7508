/** When a task is due: cron's five fields, intervals, and times that were missed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Cron } from '../../src/recipes/cron.ts';
import { runNoteOf } from '../../src/recipes/run-note.ts';
import { Schedule } from '../../src/recipes/schedule.ts';

const at = (text: string): number => Date.parse(`${text}Z`);
const shown = (timeMs: number): string => new Date(timeMs).toISOString().slice(0, 16);
const now = at('2026-02-27T10:30:20');

test('five fields say when something is due, before and after any moment', () => {
  const rows: readonly (readonly [cron: string, upTo: string, after: string])[] = [
    ['* * * * *', '2026-02-27T10:30', '2026-02-27T10:31'],
    ['0 3 * * *', '2026-02-27T03:00', '2026-02-28T03:00'],
    ['*/15 * * * *', '2026-02-27T10:30', '2026-02-27T10:45'],
    ['5-20/5 9,17 * * *', '2026-02-27T09:20', '2026-02-27T17:05'],
    ['0 0 1 * *', '2026-02-01T00:00', '2026-03-01T00:00'],
    ['0 0 31 * *', '2026-01-31T00:00', '2026-03-31T00:00'],
    ['0 0 29 2 *', '2024-02-29T00:00', '2028-02-29T00:00'],
    ['0 12 * * mon-fri', '2026-02-26T12:00', '2026-02-27T12:00'],
    ['0 12 * * 7', '2026-02-22T12:00', '2026-03-01T12:00'],
    ['0 12 * * SUN', '2026-02-22T12:00', '2026-03-01T12:00'],
    ['0 0 13 * fri', '2026-02-27T00:00', '2026-03-06T00:00'],
    ['0 0 */2 * fri', '2026-02-27T00:00', '2026-03-13T00:00'],
    ['30 6 * jun *', '2025-06-30T06:30', '2026-06-01T06:30'],
    ['  0   3  * * * ', '2026-02-27T03:00', '2026-02-28T03:00'],
    ['0 0 */7 1 */7', '2023-01-29T00:00', '2034-01-01T00:00'],
    ['0 0 29 2 */7', '2004-02-29T00:00', '2032-02-29T00:00'],
  ];
  for (const [text, upTo, after] of rows) {
    const cron = new Cron(text, now);
    assert.deepEqual([shown(cron.upTo(now)), shown(cron.after(now))], [upTo, after], text);
  }
});

test('the rarest of all is found over a century that has no leap day', () => {
  const sundays = new Cron('0 0 29 2 */7', at('1900-01-01T00:00'));
  const times = [at('1880-02-29T00:00'), at('1920-02-29T00:00'), at('1948-02-29T00:00')] as const;
  assert.deepEqual([sundays.after(times[0]), sundays.after(times[1])], [times[1], times[2]]);
  assert.deepEqual([sundays.upTo(times[2] - 1), sundays.upTo(times[1] - 1)], [times[1], times[0]]);
});

test('what is no cron, or never due, is refused', () => {
  const bad = [
    '',
    '* * * *',
    '* * * * * *',
    '60 * * * *',
    '* 24 * * *',
    '* * 0 * *',
    '* * * 13 *',
    '* * * * 8',
    '5-1 * * * *',
    '*/0 * * * *',
    '1/5 * * * *',
    '1-2-3 * * * *',
    ', * * * *',
    '1, * * * *',
    '-1 * * * *',
    '* * * foo *',
    '* * mon * *',
    '1.5 * * * *',
    '0 0 31 2 *',
    '0 0 30 feb *',
    '/2 * * * *',
    '* * * jan-13 *',
  ];
  for (const text of bad) assert.throws(() => new Cron(text, now), { code: 'invalid-option' }, text);
});

test('each day is due on its own date and no other, as the platform counts them', () => {
  fc.assert(
    fc.property(fc.integer({ min: -200_000, max: 200_000 }), (day) => {
      const date = new Date(day * 86_400_000);
      const [month, ofMonth] = [date.getUTCMonth() + 1, date.getUTCDate()];
      assert.equal(new Cron(`0 0 ${ofMonth} ${month} *`, 0).upTo(day * 86_400_000), day * 86_400_000);
      assert.equal(new Cron(`0 0 * * ${date.getUTCDay()}`, 0).upTo(day * 86_400_000), day * 86_400_000);
    }),
    { numRuns: 2_000 },
  );
});

test('after and up to are each other’s inverse', () => {
  const list = (most: number, least = 0): fc.Arbitrary<string> =>
    fc.oneof(
      fc.constant('*'),
      fc.uniqueArray(fc.integer({ min: least, max: most }), { minLength: 1, maxLength: 4 }).map(String),
      fc.integer({ min: 1, max: 9 }).map((step) => `*/${step}`),
    );
  const text = fc
    .tuple(list(59), list(23), list(28, 1), list(12, 1), list(6))
    .map((parts) => parts.join(' '));
  fc.assert(
    fc.property(text, fc.integer({ min: 0, max: 4_000_000_000_000 }), (cron, timeMs) => {
      const times = new Cron(cron, timeMs);
      const next = times.after(timeMs);
      const last = times.upTo(timeMs);
      assert.ok(last <= timeMs && timeMs < next);
      assert.equal(times.after(last), next);
      assert.equal(times.upTo(next - 1), last);
      assert.equal(times.upTo(next), next);
    }),
  );
});

const minute = 60_000;

test('what is run next, by what was run last and what becomes of missed times', () => {
  const hour = 60 * minute;
  const over = { isOver: true, attempt: 1 };
  const cut = { isOver: false, attempt: 1 };
  const noon = at('2026-02-27T12:00');
  const rows: readonly {
    readonly name: string;
    readonly last?: { due: number; isOver: boolean; attempt: number };
    readonly nowMs: number;
    readonly sinceMs?: number;
    readonly skip: readonly [due: number, attempt: number];
    readonly once: readonly [due: number, attempt: number];
  }[] = [
    {
      name: 'nothing was run: the next time',
      nowMs: noon + 1,
      skip: [noon + hour, 1],
      once: [noon + hour, 1],
    },
    {
      name: 'nothing was run since it is waited for: the time that has come',
      nowMs: noon + hour + minute,
      sinceMs: noon + 1,
      skip: [noon + hour, 1],
      once: [noon + hour, 1],
    },
    {
      name: 'nothing was run, and what was waited for is too late',
      nowMs: noon + hour + minute + 1,
      sinceMs: noon + 1,
      skip: [noon + 2 * hour, 1],
      once: [noon + hour, 1],
    },
    {
      name: 'the next time is to come',
      last: { due: noon, ...over },
      nowMs: noon + minute,
      skip: [noon + hour, 1],
      once: [noon + hour, 1],
    },
    {
      name: 'a little late is in time',
      last: { due: noon, ...over },
      nowMs: noon + hour + minute,
      skip: [noon + hour, 1],
      once: [noon + hour, 1],
    },
    {
      name: 'later is missed',
      last: { due: noon, ...over },
      nowMs: noon + hour + minute + 1,
      skip: [noon + 2 * hour, 1],
      once: [noon + hour, 1],
    },
    {
      name: 'of many that were missed the last',
      last: { due: noon, ...over },
      nowMs: noon + 5.5 * hour,
      skip: [noon + 6 * hour, 1],
      once: [noon + 5 * hour, 1],
    },
    {
      name: 'a run that was cut short',
      last: { due: noon, ...cut },
      nowMs: noon + 10,
      skip: [noon + hour, 1],
      once: [noon, 2],
    },
    {
      name: 'one that was cut short too often',
      last: { due: noon, isOver: false, attempt: 3 },
      nowMs: noon + 10,
      skip: [noon + hour, 1],
      once: [noon + hour, 1],
    },
    {
      name: 'a clock that was put back',
      last: { due: noon, ...over },
      nowMs: noon - 5 * hour,
      skip: [noon + hour, 1],
      once: [noon + hour, 1],
    },
  ];
  for (const { name, last, nowMs, sinceMs, ...wanted } of rows) {
    for (const missed of ['skip', 'once'] as const) {
      const schedule = new Schedule({ every: '1h', missed }, nowMs);
      const [due, attempt] = wanted[missed];
      assert.deepEqual(schedule.next(last, nowMs, sinceMs), { due, attempt }, `${name}, ${missed}`);
    }
  }
});

test('schedules that cannot be are refused', () => {
  const both = { every: '1m', cron: '* * * * *' } as const;
  const hope = { every: '1m', missed: 'hope' } as unknown as { every: '1m'; missed: 'once' };
  for (const options of [{}, both, { every: 99 }, { every: -1 }, hope, { every: '1m', grace: -1 } as const])
    assert.throws(() => new Schedule(options, now), { code: 'invalid-option' });
});

test('what is no note of a run counts as none', () => {
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
  for (const text of [
    '',
    '{',
    'null',
    '7',
    '{}',
    '{"due":1}',
    '{"due":"1","attempt":1,"begunAt":1,"isOver":true}',
  ])
    assert.equal(runNoteOf(encode(text)), undefined, text);
  const note = { due: 1, attempt: 1, begunAt: 2, isOver: true, overAt: 3, failure: 'words' };
  assert.deepEqual(runNoteOf(encode(JSON.stringify({ ...note, more: 1 }))), note);
});
