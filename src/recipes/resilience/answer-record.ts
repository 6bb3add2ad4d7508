/** What lies under an idempotency key: who claimed it, and how that ended, as JSON that an older program can read. */
import { QuorateError } from '../../base/index.ts';

export interface AnswerRecord {
  readonly state: 'pending' | 'answered' | 'in-doubt';
  /** Unlike that of any other claim. */
  readonly claim: string;
  readonly fingerprint?: string;
  /** Of an answer; absent where it was `undefined`. */
  readonly value?: unknown;
  /** When it was written, by the wall clock of whoever wrote it. */
  readonly writtenAtMs: number;
}

const utf8 = new TextEncoder();
const text = new TextDecoder();
const states: readonly unknown[] = ['pending', 'answered', 'in-doubt'] satisfies AnswerRecord['state'][];

/** Throws `value-invalid` for an answer that JSON cannot express. */
export function encodeRecord(record: AnswerRecord, key: string): Uint8Array {
  try {
    return utf8.encode(JSON.stringify(record));
  } catch (cause) {
    throw unfit(key, `JSON cannot express the answer: ${String(cause)}`, cause);
  }
}

/** Throws `value-invalid` for what no program of ours has written. */
export function decodeRecord(bytes: Uint8Array, key: string): AnswerRecord {
  const record = readRecord(bytes);
  if (record !== undefined) return record;
  throw unfit(key, 'not what is written for an idempotency key');
}

/** Undefined for what no program of ours has written. */
export function readRecord(bytes: Uint8Array): AnswerRecord | undefined {
  try {
    const found: unknown = JSON.parse(text.decode(bytes));
    return isRecord(found) ? found : undefined;
  } catch {
    // Not JSON: as little ours as JSON of another form.
    return undefined;
  }
}

function isRecord(found: unknown): found is AnswerRecord {
  if (typeof found !== 'object' || found === null) return false;
  const { state, claim, fingerprint, writtenAtMs } = found as Partial<Record<keyof AnswerRecord, unknown>>;
  return (
    states.includes(state) &&
    typeof claim === 'string' &&
    (fingerprint === undefined || typeof fingerprint === 'string') &&
    typeof writtenAtMs === 'number'
  );
}

function unfit(key: string, message: string, cause?: unknown): QuorateError<'value-invalid'> {
  return new QuorateError({
    code: 'value-invalid',
    message: `${key}: ${message}; answer with plain data, or keep the answer elsewhere and answer with its name`,
    data: { key, issues: [{ message, path: '' }] },
    cause,
  });
}
