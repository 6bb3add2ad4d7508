/**
 * Diagnostics as one JSON document a line, which people read with `jq` and machines collect. A log must never
 * be the reason why a node fails: whatever a field holds is rendered somehow, a stream that cannot keep up
 * loses lines and the loss is counted in the next one, and a stream that breaks is left alone.
 *
 * The default stream is stderr, which Node writes synchronously to files, terminals and pipes: lines survive
 * a crash right behind them, but a pipe whose reader has stopped can block. Who fears that gives a stream.
 */
import type { Writable } from 'node:stream';
import type { Log, LogFields, LogLevel } from '../index.ts';
import { renderFields } from './log-fields.ts';

export interface RealLogOptions {
  /** Where the lines go. Default: stderr. */
  readonly stream?: Writable;
  /** Events below it are dropped. Default `info`. */
  readonly level?: LogLevel;
  /** More bytes than this waiting in the stream: lines are dropped until it has caught up. Default 1 MiB. */
  readonly waitingBytesMax?: number;
}

const severity: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

export function realLog(options: RealLogOptions = {}): Log {
  const lines = new LineStream(options.stream ?? process.stderr, options.waitingBytesMax ?? 1024 * 1024);
  return new RealLog(lines, severity[options.level ?? 'info'], '');
}

class RealLog implements Log {
  readonly #lines: LineStream;
  readonly #severityLeast: number;
  /** The fields of `with`, rendered once: `,"node":3`. */
  readonly #context: string;

  constructor(lines: LineStream, severityLeast: number, context: string) {
    this.#lines = lines;
    this.#severityLeast = severityLeast;
    this.#context = context;
  }

  debug(event: string, fields?: LogFields): void {
    this.#put('debug', event, fields);
  }

  info(event: string, fields?: LogFields): void {
    this.#put('info', event, fields);
  }

  warn(event: string, fields?: LogFields): void {
    this.#put('warn', event, fields);
  }

  error(event: string, fields?: LogFields): void {
    this.#put('error', event, fields);
  }

  with(fields: LogFields): Log {
    return new RealLog(this.#lines, this.#severityLeast, this.#context + renderFields(fields));
  }

  #put(level: LogLevel, event: string, fields: LogFields | undefined): void {
    if (severity[level] < this.#severityLeast) return;
    const own = fields === undefined ? '' : renderFields(fields);
    const time = new Date().toISOString();
    const head = `{"time":"${time}","level":"${level}","msg":${JSON.stringify(event)}`;
    this.#lines.put(`${head}${this.#context}${own}`);
  }
}

const guarded = new WeakSet<Writable>();

/** A stream whose `error` nobody hears ends the process. One listener a stream, however many logs write to it. */
function guard(stream: Writable): void {
  if (guarded.has(stream)) return;
  guarded.add(stream);
  stream.on('error', () => undefined);
}

/** A stream that is never waited for. */
class LineStream {
  readonly #stream: Writable;
  readonly #waitingBytesMax: number;
  #droppedCount = 0;

  constructor(stream: Writable, waitingBytesMax: number) {
    this.#stream = stream;
    this.#waitingBytesMax = waitingBytesMax;
    guard(stream);
  }

  /** Takes a document without its closing brace. */
  put(document: string): void {
    const { destroyed, writableEnded, writableLength } = this.#stream;
    if (destroyed || writableEnded || writableLength > this.#waitingBytesMax) {
      this.#droppedCount += 1;
      return;
    }
    const dropped = this.#droppedCount === 0 ? '' : `,"droppedBefore":${this.#droppedCount}`;
    try {
      this.#stream.write(`${document}${dropped}}\n`);
      this.#droppedCount = 0;
    } catch {
      this.#droppedCount += 1;
    }
  }
}
