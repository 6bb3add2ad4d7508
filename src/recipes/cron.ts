/**
 * When something is due, by five fields as cron has them: minute, hour, day of the month, month, day of the week. In
 * UTC, because all programs that share a schedule must agree on it, and no hour comes twice there or not at all.
 */
import { invalidOption } from '../base/index.ts';

interface Field {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  /** Other words for its numbers, from `least` on. */
  readonly words?: readonly string[];
}

const months = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
const weekdays = 'sun mon tue wed thu fri sat'.split(' ');
const fields: readonly Field[] = [
  { name: 'minute', least: 0, most: 59 },
  { name: 'hour', least: 0, most: 23 },
  { name: 'day of the month', least: 1, most: 31 },
  { name: 'month', least: 1, most: 12, words: months },
  { name: 'day of the week', least: 0, most: 7, words: weekdays },
];

const minuteMs = 60_000;
const dayMs = 1_440 * minuteMs;
/**
 * What is due at all is due at least this often: a 29th of February on one day of the week comes every 28 years, and
 * after 40 where a century without one lies between.
 */
const daysMax = 40 * 366;

export class Cron {
  /** Of the day, in minutes, ascending. */
  readonly #minutes: readonly number[];
  /** Of a day, counted from the first of 1970. */
  readonly #isDay: (day: number) => boolean;

  /** Throws `invalid-option` for what is no such text, and for one that is never due. */
  constructor(text: string, nowMs: number) {
    const parts = text.trim().split(/\s+/);
    if (parts.length !== fields.length)
      throw invalidOption(
        'cron',
        text,
        'five fields: minute, hour, day of the month, month, day of the week',
      );
    const [minutes, hours, days, ofMonths, ofWeek] = parts.map((part, at) =>
      numbersOf(text, part, fields[at] as Field),
    ) as [Set<number>, Set<number>, Set<number>, Set<number>, Set<number>];
    if (ofWeek.has(7)) ofWeek.add(0);
    const sorted = [...hours].flatMap((hour) => [...minutes].map((minute) => 60 * hour + minute));
    this.#minutes = sorted.sort((left, right) => left - right);
    // As cron has always done it: where both days are named, either will do.
    const isEither = !parts[2]?.startsWith('*') && !parts[4]?.startsWith('*');
    this.#isDay = (day) => {
      const date = dateOf(day);
      if (!ofMonths.has(date.month)) return false;
      const [inMonth, inWeek] = [days.has(date.dayOfMonth), ofWeek.has(date.dayOfWeek)];
      return isEither ? inMonth || inWeek : inMonth && inWeek;
    };
    if (this.#search(Math.floor(nowMs / dayMs), 1, 0) === undefined)
      throw invalidOption('cron', text, 'a time that comes at all');
  }

  /** The first time after this one. */
  after(timeMs: number): number {
    return this.#from(Math.floor(timeMs / minuteMs) + 1, 1);
  }

  /** The last time at or before this one. */
  upTo(timeMs: number): number {
    return this.#from(Math.floor(timeMs / minuteMs), -1);
  }

  #from(minute: number, step: 1 | -1): number {
    const day = Math.floor(minute / 1_440);
    return this.#search(day, step, minute - 1_440 * day) as number;
  }

  /** From this minute of this day on, forwards or backwards; undefined when it is never due. */
  #search(fromDay: number, step: 1 | -1, fromMinute: number): number | undefined {
    for (let days = 0; days <= daysMax; days += 1) {
      const day = fromDay + step * days;
      if (!this.#isDay(day)) continue;
      const fits = (due: number): boolean => days > 0 || step * (due - fromMinute) >= 0;
      const minute = step > 0 ? this.#minutes.find(fits) : this.#minutes.findLast(fits);
      if (minute !== undefined) return day * dayMs + minute * minuteMs;
    }
    return undefined;
  }
}

/** `*`, `a`, `a-b`, each with `/step`, and several of these with commas between. */
function numbersOf(text: string, part: string, field: Field): Set<number> {
  const numbers = new Set<number>();
  for (const piece of part.split(',')) {
    const [, range, step = '1'] = /^([^/]+)(?:\/([1-9]\d{0,3}))?$/.exec(piece) ?? [];
    const [from, to, ...more] = range === '*' ? [field.least, field.most] : boundsOf(range ?? '', field);
    const isRange = range === '*' || range?.includes('-') === true;
    if (
      from === undefined ||
      to === undefined ||
      more.length > 0 ||
      from > to ||
      (piece.includes('/') && !isRange)
    )
      throw invalidOption(
        'cron',
        text,
        `a ${field.name} of numbers from ${field.least} to ${field.most}, such as *, 5, 1-5, */2 or 1,3; it has ${JSON.stringify(part)}`,
      );
    for (let number = from; number <= to; number += Number(step)) numbers.add(number);
  }
  return numbers;
}

/** Both ends, undefined where one is no number of the field. */
function boundsOf(range: string, field: Field): (number | undefined)[] {
  const ends = range.split('-').map((word) => {
    const at = field.words?.indexOf(word.toLowerCase()) ?? -1;
    const number = at >= 0 ? at + field.least : /^\d{1,2}$/.test(word) ? Number(word) : Number.NaN;
    return number >= field.least && number <= field.most ? number : undefined;
  });
  return ends.length === 1 ? [ends[0], ends[0]] : ends;
}

/**
 * The date of a day that is counted from the first of 1970, by the Gregorian calendar. Counted in years that begin with
 * March, so that the day that comes and goes is the last of its year, in eras of 400 years, which are all alike.
 */
function dateOf(day: number): {
  readonly month: number;
  readonly dayOfMonth: number;
  readonly dayOfWeek: number;
} {
  const eraDays = 146_097;
  const dayOfEra = modulo(day + 719_468, eraDays);
  const leapDays =
    Math.floor(dayOfEra / 1_460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const year = Math.floor((dayOfEra - leapDays) / 365);
  const dayOfYear = dayOfEra - (365 * year + Math.floor(year / 4) - Math.floor(year / 100));
  const month = Math.floor((5 * dayOfYear + 2) / 153);
  return {
    month: ((month + 2) % 12) + 1,
    dayOfMonth: dayOfYear - Math.floor((153 * month + 2) / 5) + 1,
    dayOfWeek: modulo(day + 4, 7),
  };
}

function modulo(number: number, by: number): number {
  return ((number % by) + by) % by;
}
