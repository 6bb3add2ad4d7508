/** The kinds of policies: what orders, events and metrics go by. `custom` is for those that users write. */
export type PolicyKind =
  | 'retry'
  | 'breaker'
  | 'timeout'
  | 'deadline'
  | 'bulkhead'
  | 'adaptive-limit'
  | 'rate-limit'
  | 'hedge'
  | 'fallback'
  | 'cache'
  | 'single-flight'
  | 'idempotency'
  | 'chaos'
  | 'degradation'
  | 'custom';
