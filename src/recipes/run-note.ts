/** What a singleton notes of its last run, for the next one who leads and for people: JSON under one key. */

export interface RunNote {
  /** The time that it was run for; this and the others as milliseconds since 1970. */
  readonly due: number;
  readonly attempt: number;
  readonly begunAt: number;
  /** False: it is under way, or was cut short. */
  readonly isOver: boolean;
  readonly overAt?: number;
  /** What the task threw, in words. */
  readonly failure?: string;
}

/** More of what a task threw is not kept. */
const failureLengthMax = 1_000;
const utf8 = new TextDecoder();
const bytes = new TextEncoder();

export function noteOf({ failure, ...note }: RunNote): Uint8Array {
  const words = failure === undefined ? {} : { failure: failure.slice(0, failureLengthMax) };
  return bytes.encode(JSON.stringify({ ...note, ...words }));
}

/** Undefined for what is no such note: then nothing is known of runs before, as in the beginning. */
export function runNoteOf(value: Uint8Array): RunNote | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(utf8.decode(value));
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const { due, attempt, begunAt, isOver, overAt, failure } = parsed as Record<string, unknown>;
  const isNote = [due, attempt, begunAt].every(Number.isSafeInteger) && typeof isOver === 'boolean';
  if (!isNote) return undefined;
  return {
    due: due as number,
    attempt: attempt as number,
    begunAt: begunAt as number,
    isOver: isOver as boolean,
    ...(typeof overAt === 'number' ? { overAt } : {}),
    ...(typeof failure === 'string' ? { failure } : {}),
  };
}
