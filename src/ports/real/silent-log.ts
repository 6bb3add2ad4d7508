/** The log of those who want none: tests, and parts that run without an operator. */
import type { Log } from '../index.ts';

const silence: Log = {
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
  with: () => silence,
};

export function silentLog(): Log {
  return silence;
}

function ignore(): void {
  // Deliberately nothing.
}
