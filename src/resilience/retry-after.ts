/**
 * How long a server asks to wait by its header `Retry-After`: in seconds, or as a date. The date is by the server's
 * clock, which need not be ours; but its answer says by the same clock when it was made, in `Date`, so that the wait is
 * between the two. A date is read here by its one form of today, without a clock and without the runtime's parser,
 * which takes much that is none.
 */
const seconds = /^\s*(\d{1,9})\s*$/;
const date = /^\s*\w{3}, (\d{2}) (\w{3}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT\s*$/;
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Milliseconds, never below 0; undefined where nothing is said, or nothing that makes sense. */
export function retryAfterMsOf(headers: Headers): number | undefined {
  const header = headers.get('retry-after') ?? '';
  const [, wait] = seconds.exec(header) ?? [];
  if (wait !== undefined) return Number(wait) * 1000;
  const waitSeconds = secondsOf(header) - secondsOf(headers.get('date') ?? '');
  return Number.isNaN(waitSeconds) ? undefined : Math.max(0, waitSeconds * 1000);
}

/** Since 1 March of the year 0; NaN where it is no date. */
function secondsOf(text: string): number {
  const [, day, month, year, hour, minute, second] = date.exec(text) ?? [];
  const monthIndex = months.indexOf(month ?? '');
  if (monthIndex < 0) return Number.NaN;
  return (
    daysOf(Number(year), monthIndex, Number(day)) * 86_400 +
    Number(hour) * 3600 +
    Number(minute) * 60 +
    Number(second)
  );
}

/** A year that begins in March has its leap day at its end, so the months before it are as long in all years. */
function daysOf(year: number, monthIndex: number, day: number): number {
  const marchYear = monthIndex < 2 ? year - 1 : year;
  const marchMonth = (monthIndex + 10) % 12;
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  return marchYear * 365 + leapDays + Math.floor((153 * marchMonth + 2) / 5) + day - 1;
}
