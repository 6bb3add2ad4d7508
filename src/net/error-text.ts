/**
 * Errors on the wire: code, message, data, and what is known of the outcome, as one text in JSON. Requests of
 * clients and messages between programs use the same form.
 */
import {
  type ByteReader,
  type ByteWriter,
  type ErrorCode,
  type Outcome,
  QuorateError,
} from '../base/index.ts';

/** Most characters of an error with its data, and of its message alone where that is too much. */
const errorTextMax = 64 * 1024;
const messageTextMax = 4 * 1024;

/**
 * An error travels as text, so that an older client can show a code that it does not know yet. Its data is for
 * people and programs that look closer: what has no text form must not cost the client its answer.
 */
export function encodeError(
  writer: ByteWriter,
  { code, message, data, retryable, outcome }: QuorateError,
): void {
  const text = jsonOf({ code, message, data, retryable, outcome });
  const isFit = text !== undefined && text.length <= errorTextMax;
  const short = message.slice(0, messageTextMax);
  writer.text(isFit ? text : JSON.stringify({ code, message: short, data: {}, retryable, outcome }));
}

function jsonOf(value: object): string | undefined {
  try {
    return JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? String(part) : part));
  } catch {
    return undefined;
  }
}

export function decodeError(reader: ByteReader): QuorateError {
  const at = reader.offset;
  const parsed = parse(reader.text());
  if (!isErrorText(parsed)) throw reader.malformed('an error without code, message or outcome', at);
  const { code, message, data, retryable, outcome } = parsed;
  return new QuorateError({ code, message, data, retryable, outcome } as QuorateErrorText);
}

/** What is not JSON is `undefined`, which no error is. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

type QuorateErrorText = ConstructorParameters<typeof QuorateError<ErrorCode>>[0];

const codePattern = /^[a-z][a-z0-9-]{0,63}$/;

interface ErrorText {
  /** One of ours, or of a newer version's. */
  readonly code: ErrorCode;
  readonly message: string;
  readonly data: object;
  readonly retryable: boolean;
  readonly outcome: Outcome;
}

function isErrorText(value: unknown): value is ErrorText {
  if (typeof value !== 'object' || value === null) return false;
  const { code, message, data, retryable, outcome } = value as Record<keyof ErrorText, unknown>;
  return (
    typeof code === 'string' &&
    codePattern.test(code) &&
    typeof message === 'string' &&
    typeof data === 'object' &&
    data !== null &&
    typeof retryable === 'boolean' &&
    (outcome === 'unknown' || outcome === 'not-applied')
  );
}
