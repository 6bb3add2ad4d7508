/**
 * How a recorded history can break its own rules: what an error of code `malformed-history` tells. The list
 * stands by itself because it is the history's, while every room adds to the list of codes.
 */
export type HistoryFault =
  | 'not-json'
  | 'not-an-event'
  | 'unknown-field'
  | 'bad-process'
  | 'bad-type'
  | 'bad-function'
  | 'bad-key'
  | 'bad-value'
  | 'bad-time'
  | 'bad-revision'
  | 'time-went-back'
  | 'duplicate-invoke'
  | 'process-reused'
  | 'completion-without-invoke'
  | 'completion-mismatch';
