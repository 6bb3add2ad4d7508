/**
 * The one error class that users see. They switch on `code`; messages are for people and may change.
 * `outcome` says whether the request may have had an effect, so that nobody has to guess before retrying.
 */
import { type ErrorCode, errorCatalogue } from './error-codes.ts';
import type { ErrorDataByCode } from './error-data.ts';
import type { Outcome } from './error-traits.ts';

export interface QuorateErrorInit<Code extends ErrorCode> {
  readonly code: Code;
  /** What was wrong, with which value, and what to do. */
  readonly message: string;
  readonly data: ErrorDataByCode[Code];
  readonly cause?: unknown;
  /** Overrides the catalogue, where the place that throws knows better. */
  readonly retryable?: boolean;
  readonly outcome?: Outcome;
}

export class QuorateError<Code extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'QuorateError';
  readonly code: Code;
  readonly data: ErrorDataByCode[Code];
  readonly retryable: boolean;
  readonly outcome: Outcome;

  constructor(init: QuorateErrorInit<Code>) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause });
    const traits = errorCatalogue[init.code];
    this.code = init.code;
    this.data = init.data;
    this.retryable = init.retryable ?? traits.retryable;
    this.outcome = init.outcome ?? traits.outcome;
  }
}

/** The union over all codes, so that `switch (error.code)` narrows `error.data`. */
export type AnyQuorateError = { readonly [Code in ErrorCode]: QuorateError<Code> }[ErrorCode];

export function isQuorateError(value: unknown): value is AnyQuorateError {
  return value instanceof QuorateError;
}

/** The error for an option that is refused: names it, shows the value, says what is allowed. */
export function invalidOption(
  option: string,
  value: unknown,
  expected: string,
): QuorateError<'invalid-option'> {
  return new QuorateError({
    code: 'invalid-option',
    message: `${option} is ${show(value)}, but must be ${expected}`,
    data: { option, value, expected },
  });
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'object' && value !== null) return Object.prototype.toString.call(value);
  return String(value);
}
