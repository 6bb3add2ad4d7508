/**
 * Structured diagnostics for people who operate nodes. An event is a short lower-case sentence that never
 * changes with its values; the values are fields. Never throws, never blocks.
 */

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  /** A log that adds `fields` to each event. */
  with(fields: LogFields): Log;
}
