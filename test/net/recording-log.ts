/** A log that keeps what it was told, for tests that want to know what an operator would have read. */
import type { Log, LogFields, LogLevel } from '../../src/ports/index.ts';

interface Told {
  readonly level: LogLevel;
  readonly event: string;
  readonly fields: LogFields;
}

export class RecordingLog implements Log {
  readonly told: Told[];
  readonly #fields: LogFields;

  constructor(told: Told[] = [], fields: LogFields = {}) {
    this.told = told;
    this.#fields = fields;
  }

  /** How often an event was told. */
  count(event: string): number {
    return this.told.filter((line) => line.event === event).length;
  }

  debug(event: string, fields: LogFields = {}): void {
    this.#tell('debug', event, fields);
  }

  info(event: string, fields: LogFields = {}): void {
    this.#tell('info', event, fields);
  }

  warn(event: string, fields: LogFields = {}): void {
    this.#tell('warn', event, fields);
  }

  error(event: string, fields: LogFields = {}): void {
    this.#tell('error', event, fields);
  }

  with(fields: LogFields): Log {
    return new RecordingLog(this.told, { ...this.#fields, ...fields });
  }

  #tell(level: LogLevel, event: string, fields: LogFields): void {
    this.told.push({ level, event, fields: { ...this.#fields, ...fields } });
  }
}
