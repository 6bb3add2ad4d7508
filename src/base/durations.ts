/**
 * Durations in public options: a number of milliseconds, or a number with its unit. Parsed here and nowhere
 * else, so that every option accepts the same forms and refuses the same mistakes.
 */
import { invalidOption } from './errors.ts';

export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h'}`;

const form = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/;
const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/**
 * The duration in milliseconds. Refuses what is not a finite number of at least 0, and names `option`, so
 * that the user finds the place.
 */
export function durationMs(duration: Duration, option: string): number {
  const milliseconds = typeof duration === 'number' ? duration : parse(duration);
  if (!Number.isFinite(milliseconds) || milliseconds < 0) {
    throw invalidOption(
      option,
      duration,
      "a number of milliseconds or a text like '500ms', '10s', '5m', '1h'",
    );
  }
  return milliseconds;
}

function parse(text: string): number {
  const [, amount, unit] = form.exec(text) ?? [];
  if (amount === undefined || unit === undefined) return Number.NaN;
  return Number(amount) * (unitMs[unit] ?? Number.NaN);
}
