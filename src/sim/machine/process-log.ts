/**
 * The log port of one process. Every event is part of the trace's hash, fields included, so that two runs
 * which log differently are known to differ; with a recorded trace it is also a line of the story.
 */
import type { Log, LogFields, LogLevel } from '../../ports/index.ts';
import { happening, type Incarnation } from './kernel/index.ts';

const levelNumbers: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/** Of one field's value in the story. */
const shownLengthMax = 200;

/** What a process said, with the time at which it did. */
export interface LogRecord {
  readonly timeMs: number;
  readonly process: string;
  readonly level: LogLevel;
  readonly event: string;
  readonly fields: LogFields;
}

export type LogSink = (record: LogRecord) => void;

export class ProcessLog implements Log {
  readonly #incarnation: Incarnation;
  readonly #sink: LogSink | undefined;
  readonly #fields: LogFields;

  constructor(incarnation: Incarnation, sink: LogSink | undefined, fields: LogFields = {}) {
    this.#incarnation = incarnation;
    this.#sink = sink;
    this.#fields = fields;
  }

  debug(event: string, fields?: LogFields): void {
    this.#write('debug', event, fields);
  }

  info(event: string, fields?: LogFields): void {
    this.#write('info', event, fields);
  }

  warn(event: string, fields?: LogFields): void {
    this.#write('warn', event, fields);
  }

  error(event: string, fields?: LogFields): void {
    this.#write('error', event, fields);
  }

  with(fields: LogFields): Log {
    return new ProcessLog(this.#incarnation, this.#sink, { ...this.#fields, ...fields });
  }

  #write(level: LogLevel, event: string, fields: LogFields = {}): void {
    const { scheduler, alive, machine, name } = this.#incarnation;
    if (!alive) return;
    const { trace } = scheduler;
    trace.note(happening.log, machine, levelNumbers[level]);
    trace.noteText(event);
    for (const value of Object.values(fields)) {
      if (typeof value === 'number') trace.note(happening.log, machine, value);
      else if (typeof value === 'string') trace.noteText(value);
    }
    const all = { ...this.#fields, ...fields };
    if (trace.recording) trace.line(name, `${level}: ${event}${shownFields(all)}`);
    this.#sink?.({ timeMs: scheduler.nowMs, process: name, level, event, fields: all });
  }
}

function shownFields(fields: LogFields): string {
  return Object.entries(fields)
    .map(([name, value]) => ` ${name}=${shown(value).slice(0, shownLengthMax)}`)
    .join('');
}

/** A log never throws, whatever it is given. */
function shown(value: unknown): string {
  try {
    if (value instanceof Error) return `${value.name}(${value.message})`;
    if (value instanceof Uint8Array) return `${value.length} bytes`;
    return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
  } catch {
    return 'something that cannot be shown';
  }
}
