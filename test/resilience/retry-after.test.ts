/** How long a server asks to wait, row by row, and dates beside the runtime's own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { retryAfterMsOf } from '../../src/resilience/retry-after.ts';

const noon = 'Mon, 30 Nov 2026 12:00:00 GMT';
const rows: readonly [string, string | undefined, string | undefined, number | undefined][] = [
  ['nothing', undefined, noon, undefined],
  ['seconds', '7', undefined, 7000],
  ['no seconds at all', '0', undefined, 0],
  ['fewer than none', '-1', noon, undefined],
  ['seconds that are broken', '1.5', noon, undefined],
  ['more seconds than anybody lives', '10000000000', noon, undefined],
  ['a date', 'Mon, 30 Nov 2026 12:00:20 GMT', noon, 20_000],
  ['a date in the next year', 'Fri, 01 Jan 2027 00:00:00 GMT', 'Thu, 31 Dec 2026 23:59:59 GMT', 1000],
  ['a date behind a leap day', 'Wed, 01 Mar 2028 00:00:00 GMT', 'Mon, 28 Feb 2028 00:00:00 GMT', 172_800_000],
  ['a date that is over', 'Mon, 30 Nov 2026 11:00:00 GMT', noon, 0],
  ['a date by a clock that nobody knows', 'Mon, 30 Nov 2026 12:00:20 GMT', undefined, undefined],
  ['a date of a month that there is not', 'Mon, 30 Nem 2026 12:00:20 GMT', noon, undefined],
  ['a date of another form', '2026-11-30T12:00:20Z', noon, undefined],
];
for (const [name, retryAfter, date, waitMs] of rows) {
  test(`asks to wait: ${name}`, () => {
    const said = {
      ...(retryAfter !== undefined && { 'retry-after': retryAfter }),
      ...(date !== undefined && { date }),
    };
    assert.equal(retryAfterMsOf(new Headers(said)), waitMs);
  });
}

test('between any two dates lies as much as by the calendar of the runtime', () => {
  const moment = fc.date({
    min: new Date('1970-01-01T00:00:00Z'),
    max: new Date('2400-12-31T23:59:59Z'),
    noInvalidDate: true,
  });
  fc.assert(
    fc.property(moment, moment, (one, other) => {
      const headers = new Headers({ 'retry-after': one.toUTCString(), date: other.toUTCString() });
      const wholeSeconds = Math.floor(one.getTime() / 1000) - Math.floor(other.getTime() / 1000);
      assert.equal(retryAfterMsOf(headers), Math.max(0, wholeSeconds * 1000));
    }),
  );
});
