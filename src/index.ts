/**
 * `quorate`: what every user of the package imports first.
 */
export {
  type AnyQuorateError,
  type Duration,
  type ErrorCode,
  type ErrorDataByCode,
  isQuorateError,
  type Outcome,
  QuorateError,
} from './base/index.ts';
