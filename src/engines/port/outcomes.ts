/** What an error says about whether its request took effect, mended by who knows more than the place that threw it. */
import { type Outcome, QuorateError } from '../../base/index.ts';

/** The same error with the truth about the outcome; its message says so where an earlier try leaves doubt. */
export function withOutcome(error: QuorateError, outcome: Outcome): QuorateError {
  if (error.outcome === outcome) return error;
  const { code, message, data, retryable, cause } = error;
  const doubt = outcome === 'unknown' ? '; an earlier try may have been carried out' : '';
  return new QuorateError({ code, message: `${message}${doubt}`, data, retryable, outcome, cause });
}
