/** What the log's tests share: opening on a disk, appends as promises, entries, and a clock without time. */
import type { AnyQuorateError } from '../../src/base/index.ts';
import type { Clock, Disk, Timer } from '../../src/ports/index.ts';
import type { Entry } from '../../src/raft/index.ts';
import {
  type GroupAppend,
  type OpenedLog,
  openLog,
  type WriteAheadLog,
  type WriteAheadLogOptions,
} from '../../src/storage/index.ts';

export const directory = 'data/log';
const identity: Uint8Array = new Uint8Array(16).fill(7);

/** Timers fire when a test says so. */
export class ManualClock implements Clock {
  #now = 0;
  #timers: { readonly due: number; readonly callback: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  wall(): number {
    return this.#now;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const timer = { due: this.#now + delayMs, callback };
    this.#timers.push(timer);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
  }

  afterTurn(callback: () => void): void {
    setImmediate(callback);
  }

  advance(milliseconds: number): void {
    this.#now += milliseconds;
    const due = this.#timers.filter((timer) => timer.due <= this.#now);
    this.#timers = this.#timers.filter((timer) => timer.due > this.#now);
    for (const { callback } of due) callback();
  }
}

export function openTestLog(disk: Disk, options: Partial<WriteAheadLogOptions> = {}): Promise<OpenedLog> {
  return openLog({
    disk,
    clock: new ManualClock(),
    directory,
    identity,
    create: true,
    segmentBytes: 16 * 1024,
    sealAfterMs: 0,
    blockingWriteMsMax: 0,
    ...options,
  });
}

export function append(wal: WriteAheadLog, ...appends: GroupAppend[]): Promise<void> {
  return new Promise((resolve, reject) => {
    wal.append(appends, (error?: AnyQuorateError) => (error === undefined ? resolve() : reject(error)));
  });
}

function entry(index: number, term: number, text = `${index}@${term}`): Entry {
  return { index, term, kind: 'command', data: new TextEncoder().encode(text) };
}

export function entries(first: number, last: number, term: number, bytes = 0): Entry[] {
  const made: Entry[] = [];
  for (let index = first; index <= last; index += 1) {
    made.push(entry(index, term, `${index}@${term}`.padEnd(bytes, '.')));
  }
  return made;
}

/** Entries as text, so that a failed comparison can be read. */
export function shown(list: readonly Entry[]): string[] {
  return list.map(
    ({ index, term, kind, data }) => `${index}@${term} ${kind} ${new TextDecoder().decode(data)}`,
  );
}
