/** What every error says of itself beside its code: may the request be tried again, and did it have an effect. */

/** What can be said about a request that failed: it had no effect, or nobody here can know. */
export type Outcome = 'not-applied' | 'unknown';

/** What holds for a code unless the place that throws knows better. */
export interface ErrorTraits {
  readonly retryable: boolean;
  readonly outcome: Outcome;
}
